/** Everything this proof runs on: stand-ins for Telegram and a model at the outermost edge, the real bundle, real gateways. Starts it, and ends all of it. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import type { Bundle } from "../edge/manifest.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { type Model, startModel } from "../fakes/model.ts";
import { startTelegramApi, type TelegramApi } from "../fakes/telegram-api.ts";
import { freePort } from "./free-port.ts";
import { type Gateway, gatewayOf } from "./gateway.ts";
import { type GatewayPlan, WEBHOOK_PATH } from "./gateway-config.ts";
import type { Installation } from "./installation.ts";
import { type Admin, adminOf, type Issued } from "./operator.ts";
import { listenerSecretVar, routesDocument, type Site, TOKEN_VAR, WEBHOOK_SECRET_VAR } from "./routes.ts";
import { until } from "./until.ts";

export interface World {
  readonly dir: string;
  readonly telegram: TelegramApi;
  readonly model: Model;
  readonly edge: Edge;
  readonly admin: Admin;
  readonly realToken: string;
  /** By instance, for those that have one already. */
  readonly edgeTokens: Map<string, string>;
  readonly gateways: Map<string, Gateway>;
  /** A gateway with an edge token, started; returns how long it took in ms. `isThief`: its `webhookUrl` is its own listener, not the edge. */
  readonly join: (name: string, isThief?: boolean) => Promise<number>;
  /** Who is in the pool from now on: changes the edge's routes file and waits until that is in force. */
  readonly setPool: (members: readonly string[]) => Promise<void>;
}

export const FIRST = ["eu-1", "us-1"];
export const LATER = "ap-1";

const secret = (): string => randomBytes(24).toString("base64url");

async function siteOf(name: string): Promise<Site> {
  return { name, port: await freePort(), listenerPort: await freePort() };
}

type Closer = () => Promise<unknown>;

/** What was started, to be ended in the opposite order, once. What starts after that is ended at once. */
export interface Ending {
  readonly add: (closer: Closer) => void;
  readonly run: () => Promise<void>;
}

export function ending(): Ending {
  const closers: Closer[] = [];
  let isOver = false;
  const close = (closer: Closer): Promise<unknown> => closer().catch((error: unknown) => console.error(`while tidying up: ${error}`));
  return {
    add: (closer) => void (isOver ? close(closer) : closers.push(closer)),
    run: async () => {
      isOver = true;
      for (const closer of closers.splice(0).reverse()) await close(closer);
    },
  };
}

interface Settings {
  readonly realToken: string;
  readonly adminToken: string;
  readonly secrets: Readonly<Record<string, string>>;
}

const newSettings = (sites: readonly Site[]): Settings => ({
  realToken: `4242:${secret()}`,
  adminToken: secret(),
  secrets: { [WEBHOOK_SECRET_VAR]: secret(), ...Object.fromEntries(sites.map(({ name }) => [listenerSecretVar(name), secret()])) },
});

async function startOutside(settings: Settings, end: Ending) {
  const telegram = await startTelegramApi({ tokens: [settings.realToken] });
  end.add(telegram.stop);
  const model = await startModel();
  end.add(model.stop);
  return { telegram, model };
}

/** `isThief`: the gateway names its own listener as the public webhook, as one that was set up without an edge does. */
function planOf(
  site: Site,
  isThief: boolean,
  given: { readonly issued: Issued; readonly secret: string; readonly modelUrl: string },
): GatewayPlan {
  const { token: botToken, apiRoot, webhookUrl } = given.issued;
  const own = `http://127.0.0.1:${site.listenerPort}${WEBHOOK_PATH}`;
  const telegram = { botToken, apiRoot, webhookUrl: isThief ? own : webhookUrl, webhookSecret: given.secret };
  return { ...site, gatewayToken: secret(), modelUrl: given.modelUrl, telegram };
}

function newDir(end: Ending, isKept: boolean): string {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-e2e-"));
  end.add(async () => (isKept ? console.log(`Kept: ${dir}`) : rmSync(dir, { recursive: true, force: true, maxRetries: 5 })));
  return dir;
}

/** For whoever looks into a failure: what was said, asked and logged. The gateways' own logs are there already. */
function keepRecords(dir: string, { telegram, model }: Pick<World, "telegram" | "model">, lines: readonly string[]): void {
  const records = { deliveries: telegram.deliveries(), sent: telegram.sent(), calls: model.calls() };
  for (const [name, record] of Object.entries(records)) writeFileSync(join(dir, `${name}.json`), JSON.stringify(record, null, 2));
  writeFileSync(join(dir, "edge.log"), lines.join("\n"));
}

interface Ground {
  readonly installation: Installation;
  readonly sites: readonly Site[];
  readonly settings: Settings;
  readonly end: Ending;
}

function joining({ installation, sites, settings, end }: Ground, world: Omit<World, "join">): World["join"] {
  return async (name, isThief = false) => {
    const site = sites.find((each) => each.name === name);
    if (site === undefined) throw new Error(`no site is called ${name}`);
    const issued = await world.admin.issueToken(name);
    world.edgeTokens.set(name, issued.token);
    const webhookSecret = settings.secrets[listenerSecretVar(name)] ?? "";
    const plan = planOf(site, isThief, { issued, secret: webhookSecret, modelUrl: world.model.baseUrl(name) });
    const gateway = gatewayOf(installation, plan, world.dir);
    end.add(gateway.kill);
    world.gateways.set(name, gateway);
    return gateway.start();
  };
}

function startBundle(
  bundle: Bundle,
  settings: Settings,
  at: { readonly dir: string; readonly routesFile: string; readonly telegramUrl: string },
) {
  const { secrets, realToken, adminToken } = settings;
  return startEdge({
    bundle,
    routesFile: at.routesFile,
    stateDir: join(at.dir, "edge"),
    vars: { ...secrets, [TOKEN_VAR]: realToken, ADMIN_TOKEN: adminToken, TELEGRAM_API_BASE: at.telegramUrl },
    onError: (line) => console.error(`workerd: ${line}`),
  });
}

/** The edge and what stands around it; gateways join one after the other. */
export async function startWorld(
  installation: Installation,
  { end, isKept }: { readonly end: Ending; readonly isKept: boolean },
): Promise<World> {
  const dir = newDir(end, isKept);
  const sites = await Promise.all([...FIRST, LATER].map(siteOf));
  const settings = newSettings(sites);
  const outside = await startOutside(settings, end);
  const routesFile = join(dir, "routes.jsonc");
  writeFileSync(routesFile, routesDocument(sites, FIRST));
  const edge = await startBundle(await ensureBundle(), settings, { dir, routesFile, telegramUrl: outside.telegram.url });
  end.add(edge.stop);
  const admin = adminOf(edge.url, settings.adminToken);
  const setPool = async (members: readonly string[]): Promise<void> => {
    const text = routesDocument(sites, members);
    writeFileSync(routesFile, text);
    await until("the new routes to be in force", async () => (await admin.routesInForce()) === text);
  };
  if (isKept) end.add(async () => keepRecords(dir, outside, edge.lines));
  const world = { ...outside, dir, edge, admin, setPool, realToken: settings.realToken, edgeTokens: new Map(), gateways: new Map() };
  return { ...world, join: joining({ installation, sites, settings, end }, world) };
}
