/** Drains that wait for the gateway's own work, and their end. Without admin RPC: `commands.test.ts`. */
import { expect, it } from "vitest";
import { clawedge } from "./fake-admin.ts";
import { DRAINING, type Member, meanwhile, member, plannedEdge, READY } from "./planned-edge.ts";

async function instance(one: Member, ...args: readonly string[]) {
  const { url, changes } = await plannedEdge([one]);
  const [verb = "", ...options] = args;
  return { ...(await clawedge(["instance", verb, one.name, ...options, "--edge", url])), changes: changes() };
}

const asked = (suspends: readonly object[], more: Partial<Member> = {}) => member("eu-1", { hasAdminRpc: true, suspends, ...more });

it("--wait asks the gateway, again and again, until nothing runs there, and says for how long that holds", async () => {
  const ran = await instance(asked([DRAINING, { status: "busy", detail: "http 503, UNAVAILABLE" }, READY]), "drain", "--wait");
  expect([ran.code, ran.changes]).toEqual([0, ["eu-1/drain", "eu-1/suspend", "eu-1/suspend", "eu-1/suspend"]]);
  expect(ran.err).toContain("waiting: eu-1 is still at work: 2 root-request\nwaiting: eu-1 is still at work: http 503, UNAVAILABLE\n");
  expect(ran.out).toContain("nothing new is in flight to it, and nothing runs there: it can be stopped\n");
  expect(ran.out).toContain("it is suspended, until 1970-01-01 00:02:00Z by its clock");
});

it("--wait gives up a gateway that goes on working; its drain stands", async () => {
  const ran = await instance(asked([DRAINING]), "drain", "--wait", "--timeout", "60");
  expect([ran.code, ran.out]).toEqual([1, ""]);
  expect(ran.err).toContain("eu-1 is still at work: 2 root-request. Its drain stands");
});

it.each(["unreachable", "unsupported", "forbidden"])("--wait does not take %s for an end of the work that it knows of", async (status) => {
  const ran = await instance(asked([DRAINING, { status, detail: "no answer" }]), "drain", "--wait", "--returning", "--timeout", "60");
  expect([ran.code, ran.out]).toEqual([1, ""]);
  expect(ran.err).toContain(
    "does not say whether it works: no answer; it was at work: 2 root-request. Its drain stands. Wait on: clawedge",
  );
  expect(ran.err).toMatch(/ --edge http:\/\/127\S+ instance drain eu-1 --wait --returning --timeout 60\n$/);
});

it("--wait says nothing of an instance that somebody undrained while its gateway was asked", async () => {
  const one = asked([READY]);
  const ran = await instance(
    meanwhile(one, () => void Object.assign(one, { isDrainListed: false })),
    "drain",
    "--wait",
  );
  expect([ran.code, ran.out]).toEqual([1, ""]);
  expect(ran.err).toContain("somebody undrained it meanwhile\n");
});

it.each([
  ["cannot be asked", asked([{ status: "unsupported", detail: "http 404" }]), "does not tell whether it still works (http 404)"],
  ["refuses", asked([{ status: "forbidden", detail: "http 500, FORBIDDEN" }]), 'let adminRpc of the instance be { "user": … }'],
  ["is not to be asked", member("eu-1"), "does not tell whether it still works (no adminRpc): stop it with SIGTERM"],
])("a gateway that %s is left to finish by itself", async (_, one, hint) => {
  const ran = await instance(one, "drain", "--wait");
  expect([ran.code, ran.out.includes("nothing new is in flight to it: it can be stopped"), ran.out.includes(hint)]).toEqual([
    0,
    true,
    true,
  ]);
});

it("--json has what the gateway said", async () => {
  const ran = await instance(asked([READY]), "drain", "--wait", "--json");
  expect(JSON.parse(ran.out)).toMatchObject({ instance: "eu-1", isQuiet: true, suspension: READY });
});

it("--returning is told to the edge, and without --wait no gateway is asked", async () => {
  expect((await instance(asked([READY]), "drain", "--returning")).changes).toEqual(['eu-1/drain{"returning":true}']);
});

it.each([
  [{ status: "running", resumed: true }, "its gateway goes on\neu-1 is back in service."],
  [{ status: "running", resumed: false }, "eu-1 is back in service."],
  [{ status: "unsupported", detail: "adminRpc is not set for it" }, "eu-1 is back in service."],
  [{ status: "unreachable", detail: "connection refused" }, "its gateway was not asked to go on (connection refused)"],
])("undrain lets a suspended gateway go on first: %j", async (answer, said) => {
  const ran = await instance(member("eu-1", { isDrainListed: true, resumes: [answer] }), "undrain");
  expect([ran.code, ran.changes, ran.out.startsWith(said)]).toEqual([0, ["eu-1/resume", "eu-1/undrain"], true]);
});
