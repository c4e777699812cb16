/** openclaw.json of one gateway behind the edge, as `docs/deploy.md` tells operators to set it, with a stand-in model and nothing that calls outside. */

interface Plan {
  readonly name: string;
  readonly port: number;
  readonly modelUrl: string;
}

interface TelegramAccess {
  /** An edge token in the place of the bot's own. */
  readonly botToken: string;
  /** The edge's egress, without `/bot<token>`. */
  readonly apiRoot: string;
}

/** It takes Telegram's updates by its own listener. */
export interface ListeningPlan extends Plan {
  readonly link: "native";
  /** Of the gateway's own listener for Telegram's webhooks. */
  readonly listenerPort: number;
  readonly gatewayToken: string;
  readonly telegram: TelegramAccess & { readonly webhookUrl: string; readonly webhookSecret: string };
}

/** It asks for its updates, as a gateway does that is told nothing else. */
export interface PollingPlan extends Plan {
  readonly link: "poll";
  readonly gatewayToken: string;
  readonly telegram: TelegramAccess;
}

/** It is asked over `/v1`, by one who can prove only that it is the edge, and may ask one agent. */
export interface AskedPlan extends Plan {
  readonly link: "chat";
  /** Under which name the edge comes. */
  readonly user: string;
  readonly agent: string;
}

export type GatewayPlan = ListeningPlan | PollingPlan | AskedPlan;

export const WEBHOOK_PATH = "/telegram-webhook";
const ADMIN_RPC = "admin-http-rpc";
const USER_HEADER = "x-clawedge-user";

const EVERYBODY = {
  dmPolicy: "open",
  allowFrom: ["*"],
  groupPolicy: "open",
  groups: { "*": { requireMention: false } },
};

const listening = ({ telegram, listenerPort }: ListeningPlan) => ({
  enabled: true,
  ...telegram,
  webhookPath: WEBHOOK_PATH,
  webhookHost: "127.0.0.1",
  webhookPort: listenerPort,
  network: { dangerouslyAllowPrivateNetwork: true },
  ...EVERYBODY,
  streaming: { mode: "off" },
  commands: { native: false },
});

/** The two settings of a gateway that polls, the one that an edge on loopback needs, and who may write. */
const polling = ({ telegram }: PollingPlan) => ({
  enabled: true,
  ...telegram,
  network: { dangerouslyAllowPrivateNetwork: true },
  ...EVERYBODY,
});

const speakingTelegram = (plan: ListeningPlan | PollingPlan) => ({
  bindings: [{ agentId: "main", match: { channel: "telegram", accountId: "default" } }],
  channels: { telegram: plan.link === "native" ? listening(plan) : polling(plan) },
  session: { dmScope: "per-channel-peer" },
  // One answer for each message, so that answers can be counted: by default quick successive messages become one turn.
  messages: { inbound: { debounceMs: 0 }, queue: { mode: "followup" } },
});

/** The cap that counts stands at the gateway: whoever comes may ask this agent, which has no tools, and do nothing else. */
const leastPrivilege = ({ user, agent }: AskedPlan) => ({
  auth: { mode: "trusted-proxy", trustedProxy: { userHeader: USER_HEADER, allowUsers: [user], allowLoopback: true } },
  roles: {
    default: "edge",
    definitions: { edge: { sessions: { others: "write" }, agents: [agent], scopes: ["operator.write"] } },
  },
  http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
});

const model = {
  ...{ id: "echo-1", name: "Echo", reasoning: false, input: ["text", "image"], contextWindow: 128_000, maxTokens: 4096 },
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
};

const modelsOf = ({ modelUrl }: Plan) => ({
  mode: "replace",
  catalogRefresh: { enabled: false },
  providers: { stand_in: { baseUrl: modelUrl, apiKey: "unused", api: "openai-completions", models: [model] } },
});

const entriesOf = (plan: GatewayPlan, home: string) =>
  plan.link === "chat"
    ? { entries: { main: {}, [plan.agent]: { workspace: `${home}/workspace-${plan.agent}`, tools: { deny: ["*"] } } } }
    : {};

/** A gateway that listens can be asked to suspend itself, which a planned restart does. */
const pluginsOf = ({ link }: GatewayPlan) => ({
  allow: link === "chat" ? [] : ["telegram", ...(link === "native" ? [ADMIN_RPC] : [])],
  ...(link === "native" ? { entries: { [ADMIN_RPC]: { enabled: true } } } : {}),
  slots: { memory: "none" },
});

/** `meta`: what OpenClaw stamped into its last version of the file; without it the gateway takes the new file for damaged. */
export const gatewayConfig = (plan: GatewayPlan, home: string, meta?: unknown): object => ({
  gateway: {
    ...{ mode: "local", bind: "loopback", port: plan.port },
    trustedProxies: ["127.0.0.1", "::1"],
    ...(plan.link === "chat" ? leastPrivilege(plan) : { auth: { mode: "token", token: plan.gatewayToken } }),
    controlUi: { enabled: false },
    terminal: { enabled: false },
  },
  models: modelsOf(plan),
  agents: {
    defaults: { model: { primary: "stand_in/echo-1" }, workspace: `${home}/workspace`, skipBootstrap: true, heartbeat: { every: "0m" } },
    ...entriesOf(plan, home),
  },
  ...(plan.link === "chat" ? {} : speakingTelegram(plan)),
  plugins: pluginsOf(plan),
  browser: { enabled: false },
  discovery: { mdns: { mode: "off" } },
  update: { checkOnStart: false },
  logging: { file: `${home}/openclaw.log` },
  ...(meta === undefined ? {} : { meta }),
});
