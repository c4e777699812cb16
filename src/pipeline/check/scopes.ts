/**
 * What the edge's user could do to a gateway: whether narrowed scopes are honoured at all, and whether the gateway itself caps what
 * may be asked for. No request in here starts a turn: each lacks a question, and rights are looked at before that is noticed.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";
import { type AskV1, isForbidden, lacksScope } from "./v1.ts";

const SCOPES = "x-openclaw-scopes";
/** No gateway knows this scope. A header without a value might be lost on the way. */
const NOTHING = "clawedge.none";
const CHAT = "/v1/chat/completions";
/** Each is one request. */
const MAX_OTHERS = 16;

/** A gateway's token is its owner's, and scopes beside it are ignored: who asks for nothing and is served anyway has everything. */
export async function scopesLine(ask: AskV1): Promise<CheckLine> {
  const check = "scopes";
  const said = await ask({ path: "/v1/models", headers: { [SCOPES]: NOTHING } });
  if (lacksScope(said)) return good(check, "honoured: a request without any is refused");
  if (said.status === 200) {
    return bad(
      check,
      "the gateway gives the operator's own authority, whatever scopes are asked for",
      'Set gateway.auth.mode to "trusted-proxy" in the gateway (docs/deploy.md), or acceptsOperatorAuthority in the pool if strangers may have it.',
    );
  }
  return unknown(check, said.told, "Check again; if it stays, something before the gateway answers in its place.");
}

/** The edge narrows itself; a role makes the gateway do it, also for whoever gets hold of the edge's name. */
export async function scopeCapLine(ask: AskV1, agents: readonly string[], model: string): Promise<CheckLine> {
  const check = "cap on scopes";
  // Another model may be asked for by administrators alone, and this one does not exist.
  const headers = { [SCOPES]: "operator.admin", "x-openclaw-model": "clawedge/none" };
  const said = await ask({ path: CHAT, headers, body: { model } });
  if (lacksScope(said)) return good(check, "the gateway refuses the edge's user operator.admin");
  if (said.status === 400) return warn(check, "the edge asks for less, but the same user could ask for operator.admin", rolesFix(agents));
  return unknown(check, said.told, rolesFix(agents));
}

/** Asked with the scopes of a message: an agent of somebody else may well have tools. */
export async function agentCapLine(ask: AskV1, agents: readonly string[], all: readonly string[]): Promise<CheckLine> {
  const check = "cap on agents";
  const own = new Set(agents.map((agent) => agent.toLowerCase()));
  const others = all.filter((agent) => !own.has(agent.toLowerCase())).slice(0, MAX_OTHERS);
  const said = await Promise.all(others.map((agent) => ask({ path: CHAT, body: { model: `openclaw/${agent}` } })));
  const open = others.filter((_agent, index) => said[index]?.status === 400);
  if (open.length > 0) return warn(check, `the same user could ask for other agents, such as ${open[0]?.slice(0, 64)}`, rolesFix(agents));
  const doubt = said.find((one) => !isForbidden(one));
  if (doubt !== undefined) return unknown(check, doubt.told, rolesFix(agents));
  return good(check, others.length === 0 ? "the gateway has no other agent" : "the gateway refuses the edge's user other agents");
}

/** `others` must be `write`: with `none` every second turn of a session is refused. */
export function rolesFix(agents: readonly string[]): string {
  const edge = { sessions: { others: "write" }, agents, scopes: ["operator.write"] };
  const roles = JSON.stringify({ default: "edge", definitions: { edge } });
  return `Set gateway.roles to ${roles}, and give yourself another role: the default one is everybody's.`;
}
