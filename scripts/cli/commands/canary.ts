/** `clawedge canary start|show|promote|rollback|clear`: a share of a pool's new conversations for one instance, and how they fare. */
import type { Canary } from "../../../src/core/canary.ts";
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand, textValue } from "../command.ts";
import { CliFailure, edgeError, usageError } from "../failure.ts";
import { facts, table, time } from "../output.ts";
import { look } from "../planned.ts";

interface Figures {
  readonly handed: number;
  readonly errors: number;
  readonly answered: number;
  readonly p95Ms: number;
  readonly answerP95Ms: number;
}

interface CanaryAnswer extends Canary {
  readonly figures?: { readonly canary: Figures; readonly rest: Figures };
  /** Its instance's object could not be asked. */
  readonly error?: string;
}

interface CanariesAnswer {
  readonly canaries: readonly CanaryAnswer[];
  readonly error?: string;
}

interface ChangeAnswer {
  readonly changed: boolean;
  readonly canary: CanaryAnswer | null;
}

const WATCH_MS = 5000;
/** Past its end the edge needs this long at most to say how it ended. */
const GRACE_MS = 8 * 60_000;

const pathOf = (pool: string, verb: string): string => `/canaries/${encodeURIComponent(pool)}/${verb}`;

export const canaryStart: Command = {
  name: "canary start",
  summary: "Give an instance a share of a pool's new conversations, and compare how they fare with the rest",
  operands: ["POOL"],
  options: {
    instance: { type: "string", value: "NAME", help: "the instance to try out, in the routes document; a member of the pool or not yet" },
    percentage: { type: "string", value: "N", help: "of the conversations that need an instance, 0.1 to 50 (default 5)" },
    duration: { type: "string", value: "TIME", help: "how long: 90s, 30m, 12h, 2d (default 30m)" },
    watch: { type: "boolean", help: "wait for its end; exit code 1 when it was rolled back" },
  },
  notes: `Conversations that have an instance stay where they are; who is drawn for the canary stays with it. The edge rolls back by itself
when more hand-overs fail, answers take longer or the instance is out, and else promotes it at the end, if it saw enough. Time in which
the instance drains is none of its time. Promoted: list the instance in the document. Rolled back: it is no member, even if listed,
until clawedge canary clear POOL or another start of it.`,
  run: async (call) => {
    const instance = textValue(call, "instance");
    if (instance === undefined) throw usageError("--instance is missing. See: clawedge canary start --help");
    const percentage = numberOption(call, "percentage", { least: 0.1, most: 50 });
    const durationMs = durationOption(call, "duration");
    const asked = { pool: operand(call, 0), instance, percentage, durationMs };
    const { canary } = await call.edge().post<ChangeAnswer>("/canaries", asked);
    if (canary === null) throw new CliFailure(1, "the canary was started, and somebody cleared it meanwhile");
    const last = isSet(call, "watch") ? await untilEnded(call, canary) : canary;
    call.output.answer(last, () => linesOf(last));
    return last.phase === "rolled-back" ? 1 : 0;
  },
};

async function untilEnded(call: Call, started: CanaryAnswer): Promise<CanaryAnswer> {
  const begunAtMs = call.nowMs();
  // By the edge's clock it lasts so long; longer, when its instance drains meanwhile.
  for (let { untilMs } = started; call.nowMs() - begunAtMs < untilMs - started.startedAtMs + GRACE_MS; await call.sleep(WATCH_MS)) {
    const now = (await watched(call, started)).find(({ id }) => id === started.id);
    if (now === undefined) throw new CliFailure(1, `the canary of ${started.pool} was cleared, or the document has its instance no more`);
    if (now.phase !== "running") return now;
    ({ untilMs } = now);
    const { canary, rest } = now.figures ?? {};
    call.output.progress(`${started.instance}: ${wordsOf(canary)}; rest: ${wordsOf(rest)}`);
  }
  throw new CliFailure(1, `the canary of ${started.pool} should have ended. Look: clawedge canary show ${started.pool}`);
}

const wordsOf = (figures: Figures | undefined): string =>
  figures === undefined ? "nothing known" : `${figures.errors} errors of ${figures.handed}`;

/** An edge that is deployed just now is back soon, and its canary runs on meanwhile. */
async function watched(call: Call, { pool }: CanaryAnswer): Promise<readonly CanaryAnswer[]> {
  try {
    return (await look<CanariesAnswer>(call, "/canaries", {})).canaries;
  } catch (error) {
    if (!(error instanceof CliFailure) || error.exitCode !== 3) throw error;
    throw edgeError(`${error.message}\nThe canary of ${pool} goes on all the same. Look: clawedge canary show ${pool}`);
  }
}

async function canariesOf(call: Call): Promise<readonly CanaryAnswer[]> {
  return (await call.edge().get<CanariesAnswer>("/canaries")).canaries;
}

export const canaryShow: Command = {
  name: "canary show",
  summary: "Every pool's canary, or one: both groups' figures, how it stands, and why it ended",
  operands: ["POOL?"],
  options: {},
  notes: "Exit code 1 when the canary of the named pool was rolled back.",
  run: async (call) => {
    const pool = call.operands[0];
    const all = await canariesOf(call);
    const shown = pool === undefined ? all : all.filter((canary) => canary.pool === pool);
    if (pool !== undefined && shown.length === 0) throw new CliFailure(1, `the pool ${pool} has no canary`);
    call.output.answer({ canaries: shown }, () => (shown.length === 0 ? ["no pool has a canary"] : shown.flatMap(linesOf)));
    return pool !== undefined && shown[0]?.phase === "rolled-back" ? 1 : 0;
  },
};

function linesOf(canary: CanaryAnswer): readonly string[] {
  const { pool, instance, percentage, phase, startedAtMs, untilMs, endedAtMs, verdict, figures, error } = canary;
  const until = endedAtMs === undefined ? { until: time(untilMs) } : { ended: time(endedAtMs) };
  const head = facts({
    pool,
    canary: instance,
    state: phase,
    share: `${percentage} %`,
    started: time(startedAtMs),
    ...until,
    why: verdict,
  });
  if (figures === undefined) return error === undefined ? head : [...head, ...facts({ error })];
  const rows = Object.entries(figures).map(([group, { handed, errors, p95Ms, answered, answerP95Ms }]) => [
    ...[group, handed, errors, `${p95Ms} ms`, answered, `${answerP95Ms} ms`],
  ]);
  return [...head, ...table(["GROUP", "HANDED OVER", "FAILED", "P95", "ANSWERED", "P95"], rows)];
}

/** `wanted`: how it stands then; not given: it is none any more. */
const changing = (
  verb: string,
  wanted: CanaryAnswer["phase"] | undefined,
  [summary, done, notes]: readonly [string, string, string],
): Command => ({
  name: `canary ${verb}`,
  summary,
  operands: ["POOL"],
  options: {},
  notes,
  run: async (call) => {
    const pool = operand(call, 0);
    const answer = await call.edge().post<ChangeAnswer>(pathOf(pool, verb));
    const now = answer.canary?.phase;
    call.output.answer(answer, () => [answer.changed ? `the canary of ${pool} ${done}` : `nothing changed: it is ${now} already`]);
    return answer.changed || now === wanted ? 0 : 1;
  },
});

export const canaryPromote = changing("promote", "promoted", [
  "End a pool's canary: its instance is a member like any other",
  "is promoted",
  "List the instance in the document then: the next document that does takes over, and the canary is forgotten. Exit code 1 when it was\nrolled back already.",
]);

export const canaryRollback = changing("rollback", "rolled-back", [
  "End a pool's canary: its instance is no member, and its conversations move",
  "is rolled back",
  "Works on a promoted one too. The instance stays out until clawedge canary clear POOL or another start of it.",
]);

export const canaryClear = changing("clear", undefined, [
  "Forget a pool's canary that has ended: the document alone says who is a member",
  "is forgotten",
  "A rolled-back instance that the document lists is a member again; a promoted one that it does not list is none any more.",
]);

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOption(call: Call, name: string): number | undefined {
  const text = textValue(call, name);
  if (text === undefined) return undefined;
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (!(ms >= 60_000 && ms <= 7 * 86_400_000)) throw usageError(`--${name} ${text} is not a time from 60s to 7d, like 30m`);
  return ms;
}
