/** The product under load: the real bundle in workerd, one account, one instance, limits off, the Worker's log read and thrown away. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bundle } from "../edge/manifest.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import type { Vars } from "../edge/vars.ts";
import { complain } from "./bare-worker.ts";
import { type BenchInstance, type Manner, startInstance } from "./instance.ts";
import { post, type Target } from "./load.ts";
import { SECRET_HEADER, update, WEBHOOK_PATH, WEBHOOK_SECRET } from "./update.ts";
import { WHATSAPP_ACCOUNT, WHATSAPP_VARS } from "./whatsapp.ts";

export interface EdgeOptions {
  readonly bundle: Bundle;
  readonly dir: string;
  readonly manner: Manner;
  /** The log of the Worker; thrown away unless given. */
  readonly onLine?: (line: string) => void;
  readonly vars?: Vars;
  /** Deadline of one hand-over. */
  readonly attemptMs?: number;
}

export interface BenchEdge {
  readonly edge: Edge;
  readonly instance: BenchInstance;
  readonly close: () => Promise<void>;
}

export const BOT_TOKEN = "123456789:AAF-real_token_of_the_bench_0123456789";

/** Nothing in a bench asks the platform anything unless it brings one of its own. */
const NOWHERE = "http://127.0.0.1:9";

/** The longest deadline a pool may have: within it a withheld answer is withheld, and not a timeout that is tried again. */
const ATTEMPT_MS = 120_000;

/** No limits and no quotas: a bench that measures refusals measures nothing. */
const routesOf = (instanceUrl: string, attemptMs: number): object => ({
  accounts: {
    "telegram:bench": { pool: "bench", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } },
    "whatsapp:bench": WHATSAPP_ACCOUNT,
  },
  instances: { one: { url: instanceUrl, native: { "telegram:bench": { url: `${instanceUrl}/telegram-webhook`, secret: "ONE_SECRET" } } } },
  pools: { bench: { instances: ["one"], agent: "public", failover: { attemptMs } } },
  rules: [{ name: "refunds", when: { keywords: ["refund", "order"] }, pool: "bench" }],
});

export async function startBenchEdge({
  bundle,
  dir,
  manner,
  vars = {},
  onLine = () => undefined,
  attemptMs = ATTEMPT_MS,
}: EdgeOptions): Promise<BenchEdge> {
  mkdirSync(dir, { recursive: true });
  const instance = await startInstance(manner);
  const routesFile = join(dir, "routes.jsonc");
  writeFileSync(routesFile, JSON.stringify(routesOf(instance.url, attemptMs)));
  const edge = await startEdge({
    bundle,
    routesFile,
    stateDir: join(dir, "state"),
    vars: {
      TG_SECRET: WEBHOOK_SECRET,
      TG_TOKEN: BOT_TOKEN,
      ONE_SECRET: "secret-of-the-instance",
      TELEGRAM_API_BASE: NOWHERE,
      WHATSAPP_API_BASE: NOWHERE,
      ...WHATSAPP_VARS,
      ...vars,
    },
    onLine,
    onError: complain,
  });
  const close = async (): Promise<void> => {
    await edge.kill();
    await instance.close();
  };
  return { edge, instance, close };
}

export const webhookTarget = (name: string, port: number, conversations: number): Target => ({
  name,
  port,
  request: (index) => post(WEBHOOK_PATH, update(index, conversations), { [SECRET_HEADER]: WEBHOOK_SECRET }),
});
