/**
 * The agent that a pool asks: that it is there, and that it has no tools. Tools are found by collision: an agent without
 * tools takes a turn that carries decoys.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */
import { decoys } from "../../links/chat/decoys.ts";
import type { AskedPool } from "./asked-pools.ts";
import { memberOf } from "./gateway.ts";
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";
import type { Settings } from "./settings.ts";
import { type AskV1, errorMessageOf, errorTypeOf, isForbidden, type Said } from "./v1.ts";

const CHAT = "/v1/chat/completions";
/** A model thinks, and a local one for long. */
const TURN_MS = 60_000;

export const modelOf = (agent: string | undefined): string => `openclaw/${agent ?? "default"}`;

export const nameOf = ({ agent }: Pick<AskedPool, "agent">): string => agent ?? "the default agent";

/** Nothing to look for where the document names no agent. */
export async function agentLine({ name, agent }: AskedPool, ask: AskV1): Promise<CheckLine | undefined> {
  if (agent === undefined) return undefined;
  const check = `pool ${name}: agent`;
  const found = await ask({ path: `/v1/models/${encodeURIComponent(modelOf(agent))}` });
  if (found.status === 404 && errorTypeOf(found) !== undefined) {
    return bad(check, `the gateway has no agent ${agent}`, `Add agents.entries["${agent}"] with tools {"deny":["*"]} to the gateway.`);
  }
  if (found.status !== 200) return unknown(check, found.told, "Let the way to the gateway pass /v1/models and what is under it.");
  const allowed = await ask({ path: CHAT, body: { model: modelOf(agent) } });
  if (isForbidden(allowed)) {
    return bad(
      check,
      `the gateway's role does not allow the edge ${agent}`,
      `Add "${agent}" to agents of the edge's role in gateway.roles.`,
    );
  }
  return good(check, `${agent} is there`);
}

/** One turn in a session of its own. */
export async function toolsLine(pool: AskedPool, ask: AskV1, random: string): Promise<CheckLine> {
  const lines = await Promise.all(pool.channels.map(async (channel) => toolsIn(pool, await ask(probeOf(pool.agent, channel, random)))));
  return lines.find(({ status }) => status !== "ok") ?? lines[0] ?? notProbed(pool, "nobody asks this pool");
}

/** What a channel's agent may do can depend on the channel: each is tried. */
function probeOf(agent: string | undefined, channel: string, random: string) {
  const key = `${agent === undefined ? "" : `agent:${agent.toLowerCase()}:`}clawedge:check:${random}`;
  return {
    path: CHAT,
    headers: { "x-openclaw-session-key": key, "x-openclaw-message-channel": channel },
    body: {
      model: modelOf(agent),
      messages: [{ role: "user", content: "ping" }],
      tools: decoys(),
    },
    deadlineMs: TURN_MS,
  };
}

const checkOf = ({ name }: AskedPool): string => `pool ${name}: tools`;
const denyFix = (pool: AskedPool): string => `Set tools to {"deny":["*"]} for ${nameOf(pool)} in the gateway.`;

function toolsIn(pool: AskedPool, said: Said): CheckLine {
  if (said.status === 200 && Array.isArray(memberOf(said.body, "choices"))) return good(checkOf(pool), `${nameOf(pool)} has none`);
  if (said.status === 400 && errorMessageOf(said) === "invalid tool configuration")
    return bad(checkOf(pool), `the agent ${nameOf(pool)} has tools`, denyFix(pool));
  return unknown(checkOf(pool), said.told, unknownFix(said, pool));
}

function unknownFix(said: Said, pool: AskedPool): string {
  if (isForbidden(said)) return `Add "${nameOf(pool)}" to agents of the edge's role in gateway.roles.`;
  if (said.status === 400) return "Name the agent in the pool, and see whether the gateway knows it.";
  return "The turn that would show it got no answer: see to the gateway's model, then check again.";
}

/** For whoever does not want a turn, and wherever it would be of no use. */
export const notProbed = (pool: AskedPool, why: string): CheckLine =>
  unknown(checkOf(pool), why, "Check again without --no-turn: it costs one short turn of the agent.");

/** As the gateway's own settings say it. Undefined where they cannot be read. */
export function settingsLine(pool: AskedPool, settings: Settings | undefined): CheckLine | undefined {
  if (settings === undefined || pool.agent === undefined) return undefined;
  const check = `pool ${pool.name}: tools in settings`;
  if (settings.denies(pool.agent).includes("*")) return good(check, `${pool.agent} denies *`);
  return warn(check, `tools.deny of ${pool.agent} does not name *: a list leaks what it does not name`, denyFix(pool));
}
