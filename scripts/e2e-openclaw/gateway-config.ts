/** openclaw.json of one gateway behind the edge, as `docs/deploy.md` tells operators to set it, with a stand-in model and nothing that calls outside. */

export interface GatewayPlan {
  readonly name: string;
  readonly port: number;
  /** Of the gateway's own listener for Telegram's webhooks. */
  readonly listenerPort: number;
  readonly gatewayToken: string;
  readonly telegram: {
    /** An edge token in the place of the bot's own. */
    readonly botToken: string;
    /** The edge's egress, without `/bot<token>`. */
    readonly apiRoot: string;
    readonly webhookUrl: string;
    readonly webhookSecret: string;
  };
  readonly modelUrl: string;
}

export const WEBHOOK_PATH = "/telegram-webhook";

const telegramOf = ({ telegram, listenerPort }: GatewayPlan) => ({
  enabled: true,
  ...telegram,
  webhookPath: WEBHOOK_PATH,
  webhookHost: "127.0.0.1",
  webhookPort: listenerPort,
  network: { dangerouslyAllowPrivateNetwork: true },
  dmPolicy: "open",
  allowFrom: ["*"],
  groupPolicy: "open",
  groups: { "*": { requireMention: false } },
  streaming: { mode: "off" },
  commands: { native: false },
});

const model = {
  ...{ id: "echo-1", name: "Echo", reasoning: false, input: ["text"], contextWindow: 128_000, maxTokens: 4096 },
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
};

const modelsOf = ({ modelUrl }: GatewayPlan) => ({
  mode: "replace",
  catalogRefresh: { enabled: false },
  providers: { stand_in: { baseUrl: modelUrl, apiKey: "unused", api: "openai-completions", models: [model] } },
});

/** `meta`: what OpenClaw stamped into its last version of the file; without it the gateway takes the new file for damaged. */
export const gatewayConfig = (plan: GatewayPlan, home: string, meta?: unknown): object => ({
  gateway: {
    ...{ mode: "local", bind: "loopback", port: plan.port },
    trustedProxies: ["127.0.0.1", "::1"],
    auth: { mode: "token", token: plan.gatewayToken },
    controlUi: { enabled: false },
    terminal: { enabled: false },
  },
  models: modelsOf(plan),
  agents: {
    defaults: { model: { primary: "stand_in/echo-1" }, workspace: `${home}/workspace`, skipBootstrap: true, heartbeat: { every: "0m" } },
  },
  bindings: [{ agentId: "main", match: { channel: "telegram", accountId: "default" } }],
  channels: { telegram: telegramOf(plan) },
  session: { dmScope: "per-channel-peer" },
  // One answer for each message, so that answers can be counted: by default quick successive messages become one turn.
  messages: { inbound: { debounceMs: 0 }, queue: { mode: "followup" } },
  plugins: { allow: ["telegram"], slots: { memory: "none" } },
  browser: { enabled: false },
  discovery: { mdns: { mode: "off" } },
  update: { checkOnStart: false },
  logging: { file: `${home}/openclaw.log` },
  ...(meta === undefined ? {} : { meta }),
});
