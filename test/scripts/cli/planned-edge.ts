/** An edge with one pool for the tests of planned restarts: its clock moves when it is looked at, and a member is probed at every look. */
import { fakeAdmin, type Replies, type Reply } from "./fake-admin.ts";

export interface Member {
  readonly name: string;
  isHealthy: boolean;
  isDrainListed: boolean;
  /** Undefined: its edge says nothing of it. */
  isReturning: boolean | undefined;
  verdict: "up" | "down" | "draining";
  hasAdminRpc: boolean;
  /** What its gateway says to being suspended, one after the other; the last one again and again. */
  suspends: readonly object[];
  resumes: readonly object[];
  readonly pools: readonly string[];
  /** Its object cannot be asked. */
  readonly error?: string | undefined;
  /** It has no address. */
  calledAtMs?: number;
}

export const READY = { status: "ready", activeCount: 0, blockers: [], expiresAtMs: 120_000 };
export const DRAINING = { status: "draining", activeCount: 2, blockers: [{ kind: "root-request", count: 2 }], retryAfterMs: 20_000 };

export const member = (name: string, more: Partial<Member> = {}): Member => ({
  ...{ name, isHealthy: true, isDrainListed: false, isReturning: false, verdict: "up", hasAdminRpc: false, pools: ["support"] },
  ...{ suspends: [READY], resumes: [{ status: "running", resumed: false }] },
  ...more,
});

const OUT: Reply = { status: 503, text: "nobody is here" };
const LOOK_MS = 1000;
const QUIET_MS = 5000;

/** Its gateway is ready, and this happens while it is asked. */
export function meanwhile<M extends Member>(one: M, happens: () => void): M {
  const get = (): readonly object[] => {
    happens();
    return [READY];
  };
  return Object.defineProperty(one, "suspends", { get });
}

export type PlannedEdge = Awaited<ReturnType<typeof plannedEdge>>;

export async function plannedEdge(members: readonly Member[], knownAfterMs = 0) {
  const edge = { nowMs: 1_000_000, outLooks: 0, quietMs: QUIET_MS, undrains: true, outSuspends: 0, knownAtMs: [] as number[] };
  const since = new Map(members.flatMap(({ name, isDrainListed }) => (isDrainListed ? [[name, edge.nowMs] as const] : [])));
  const shown = (one: Member): object => {
    const { name, isHealthy, isDrainListed, isReturning, hasAdminRpc, verdict, calledAtMs, pools, error } = one;
    const drainingSinceMs = since.get(name);
    const drain = drainingSinceMs === undefined ? {} : { drainingSinceMs, quietAtMs: drainingSinceMs + edge.quietMs };
    const seen =
      calledAtMs === undefined
        ? { url: "http://gateway", lastProbe: { verdict, atMs: edge.nowMs, reason: verdict } }
        : { url: null, pollers: [{ account: "telegram:support", calledAtMs, isWaiting: true, open: 0 }] };
    const state = { isHealthy, isDraining: isDrainListed, isDrainListed, isReturning, hasAdminRpc };
    return { name, pools, region: null, ...state, ...drain, ...seen, error, knownAtMs: edge.knownAtMs.shift(), nowMs: edge.nowMs };
  };
  const look = (reply: () => object) => (): Reply => {
    edge.nowMs += LOOK_MS;
    if (edge.outLooks > 0) {
      edge.outLooks -= 1;
      return OUT;
    }
    return { json: reply() };
  };
  const of = (one: Member): Replies => ({
    [`GET /admin/instances/${one.name}`]: look(() => shown(one)),
    [`POST /admin/instances/${one.name}/drain`]: (_, body) => {
      const isReturning = body.includes("true");
      const changed = !one.isDrainListed || one.isReturning !== isReturning;
      Object.assign(one, { isDrainListed: true, isReturning });
      since.set(one.name, since.get(one.name) ?? edge.nowMs);
      return { json: { instance: one.name, changed, number: 2, drainingSinceMs: edge.nowMs, quietAtMs: edge.nowMs + edge.quietMs } };
    },
    [`POST /admin/instances/${one.name}/undrain`]: () => {
      if (!edge.undrains) return OUT;
      Object.assign(one, { isDrainListed: false, isReturning: false });
      since.delete(one.name);
      return { json: { instance: one.name, changed: true, number: 3, knownAtMs: edge.nowMs + knownAfterMs } };
    },
    [`POST /admin/instances/${one.name}/suspend`]: (times) => {
      if (edge.outSuspends === 0) return { json: one.suspends[Math.min(times, one.suspends.length - 1)] };
      edge.outSuspends -= 1;
      return OUT;
    },
    [`POST /admin/instances/${one.name}/resume`]: (times) => ({ json: one.resumes[Math.min(times, one.resumes.length - 1)] }),
  });
  const list = { "GET /admin/instances": look(() => ({ instances: members.map(shown) })) };
  const admin = await fakeAdmin(Object.assign(list, ...members.map(of)));
  /** What was changed or asked of gateways, in order. */
  const changes = (): readonly string[] =>
    admin.asked.flatMap(({ request, body }) => {
      const [method, path = ""] = request.split(" ");
      return method === "POST" ? [`${path.slice("/admin/instances/".length)}${body}`] : [];
    });
  return { url: admin.url, changes, edge, since };
}
