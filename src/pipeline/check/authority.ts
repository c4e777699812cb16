/**
 * Least privilege where agents are asked over /v1 by whoever writes to a bot: proven against the gateway, in order of how much is
 * asked of it, and only the last question starts a turn. A pool that is not proven is refused, unless the document accepts that.
 */
import type { InstanceConfig } from "../../config/schema.ts";
import type { LinkPorts } from "../../links/link.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { credentialsOf } from "../link-of.ts";
import { agentLine, modelOf, nameOf, notProbed, settingsLine, toolsLine } from "./agent.ts";
import type { AskedPool } from "./asked-pools.ts";
import { askModels, endpointLine, responsesLine } from "./endpoints.ts";
import { bad, type CheckLine, type PoolVerdict } from "./report.ts";
import { agentCapLine, scopeCapLine, scopesLine } from "./scopes.ts";
import type { Settings } from "./settings.ts";
import { type AskV1, agentsIn, asker } from "./v1.ts";

export interface AuthorityQuestion {
  readonly config: InstanceConfig;
  readonly pools: readonly AskedPool[];
  /** Undefined: they were not read. */
  readonly settings: Settings | undefined;
  /** Whether one short turn may be spent on each pool. */
  readonly takesTurns: boolean;
}

export interface AuthorityPorts extends LinkPorts {
  readonly secrets: Secrets;
  /** Tells this check from every other. */
  readonly spanId: string;
}

export interface Authority {
  readonly lines: readonly CheckLine[];
  readonly verdicts: readonly PoolVerdict[];
}

export async function checkAuthority(question: AuthorityQuestion, ports: AuthorityPorts): Promise<Authority> {
  const { config, pools } = question;
  if (pools.length === 0) return { lines: [], verdicts: [] };
  const credentials = credentialsOf(config, ports.secrets);
  if ("kind" in credentials) {
    return unasked(pools, bad("/v1", credentials.detail, "Set the variable: wrangler secret put, with the name the document gives."));
  }
  const ask = asker(config, credentials.headers, ports);
  const models = await askModels(ask);
  const endpoint = endpointLine(models, config);
  if (endpoint.status !== "ok") return unasked(pools, endpoint);
  const gateway = await gatewayLines(question, ask, agentsIn(models) ?? []);
  const proofs = await Promise.all(pools.map((pool) => proofOf(pool, question, { ask, random: ports.spanId })));
  const isAccepted = pools.every(({ acceptsOperatorAuthority }) => acceptsOperatorAuthority);
  return {
    lines: [endpoint, isAccepted ? softened(gateway.scopes) : gateway.scopes, ...gateway.others, ...proofs.flatMap(({ lines }) => lines)],
    verdicts: proofs.map(({ pool, tools }) => verdictOf(pool, [gateway.scopes, tools])),
  };
}

/** Where nothing can be asked nothing is proven. */
export const unasked = (pools: readonly AskedPool[], line: CheckLine): Authority => ({
  lines: [line],
  verdicts: pools.map((pool) => verdictOf(pool, [{ ...line, status: "unknown" }])),
});

interface GatewayLines {
  readonly scopes: CheckLine;
  readonly others: readonly CheckLine[];
}

/** Once for all pools. Where scopes are ignored there is no cap on them to look for. */
async function gatewayLines({ pools }: AuthorityQuestion, ask: AskV1, all: readonly string[]): Promise<GatewayLines> {
  const agents = [...new Set(pools.flatMap(({ agent }) => agent ?? []))];
  const isNamed = pools.every(({ agent }) => agent !== undefined);
  const model = modelOf(agents[0]);
  const [scopes, responses] = await Promise.all([scopesLine(ask), responsesLine(ask, model)]);
  if (scopes.status === "fail") return { scopes, others: [responses] };
  const caps = await Promise.all([scopeCapLine(ask, agents, model), ...(isNamed ? [agentCapLine(ask, agents, all)] : [])]);
  return { scopes, others: [...caps, responses] };
}

interface Proof {
  readonly pool: AskedPool;
  readonly lines: readonly CheckLine[];
  /** What the verdict goes by. */
  readonly tools: CheckLine;
}

async function proofOf(
  pool: AskedPool,
  { settings, takesTurns }: AuthorityQuestion,
  { ask, random }: { readonly ask: AskV1; readonly random: string },
): Promise<Proof> {
  const agent = await agentLine(pool, ask);
  const said = settingsLine(pool, settings);
  const probed = await probe(pool, agent, { takesTurns, ask, random });
  // Settings count where no turn was taken; against what a turn has shown they count for nothing.
  const tools = probed.status === "unknown" && said?.status === "ok" ? said : probed;
  const shown = pool.acceptsOperatorAuthority ? softened(probed) : probed;
  return { pool, tools, lines: [agent, shown, said].filter((line) => line !== undefined) };
}

function probe(
  pool: AskedPool,
  agent: CheckLine | undefined,
  { takesTurns, ask, random }: { readonly takesTurns: boolean; readonly ask: AskV1; readonly random: string },
): Promise<CheckLine> | CheckLine {
  if (agent?.status === "fail") return { ...notProbed(pool, agent.detail), fix: "First see to its agent." };
  return takesTurns ? toolsLine(pool, ask, random) : notProbed(pool, "no turn was taken");
}

/** What a document accepts is still told. */
const softened = (line: CheckLine): CheckLine => (line.status === "fail" ? { ...line, status: "warn" } : line);

function verdictOf(pool: AskedPool, proofs: readonly CheckLine[]): PoolVerdict {
  const { name, acceptsOperatorAuthority } = pool;
  const doubt = proofs.find(({ status }) => status === "fail") ?? proofs.find(({ status }) => status !== "ok");
  if (doubt === undefined) return { name, verdict: "ok", reason: `scopes are honoured, and ${nameOf(pool)} has no tools` };
  const reason = doubt.status === "fail" ? doubt.detail : `not proven: ${doubt.check.replace(`pool ${name}: `, "")}: ${doubt.detail}`;
  return { name, verdict: acceptsOperatorAuthority ? "accepted" : "refused", reason };
}
