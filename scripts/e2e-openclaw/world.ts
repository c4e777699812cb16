/** Everything this proof runs on: stand-ins for Telegram, Meta and a model at the outermost edge, the real bundle, real gateways. Starts it, and ends all of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { type GraphApi, startGraphApi } from "../fakes/graph-api.ts";
import { type Model, startModel } from "../fakes/model.ts";
import { startTelegramApi, type TelegramApi } from "../fakes/telegram-api.ts";
import type { Ending } from "./ending.ts";
import { freePort } from "./free-port.ts";
import { type Gateway, gatewayOf } from "./gateway.ts";
import { type GatewayPlan, WEBHOOK_PATH } from "./gateway-config.ts";
import type { Installation } from "./installation.ts";
import { type Admin, adminOf } from "./operator.ts";
import { AGENT, gatewayTokenVar, type Link, listenerSecretVar, PHONE_NUMBER_ID, routesDocument, type Site } from "./routes.ts";
import { newSettings, type Settings, secret, varsOf } from "./settings.ts";
import { until } from "./until.ts";

export interface World {
  readonly dir: string;
  readonly telegram: TelegramApi;
  readonly graph: GraphApi;
  readonly model: Model;
  readonly edge: Edge;
  readonly admin: Admin;
  readonly realToken: string;
  /** By instance, for those that have one already. */
  readonly edgeTokens: Map<string, string>;
  /** Those that were started. */
  readonly gateways: Map<string, Gateway>;
  /** A gateway, started; returns how long it took in ms. `isThief`: its `webhookUrl` is its own listener, not the edge. */
  readonly join: (name: string, isThief?: boolean) => Promise<number>;
  /** Who is in the bot's pool from now on: pushes the document that says so and waits until it is in force. */
  readonly setPool: (members: readonly string[]) => Promise<void>;
  readonly adminToken: string;
}

export const FIRST = ["eu-1", "us-1"];
export const LATER = "ap-1";
export const POLLER = "eu-2";
export const ASKED = ["sales-1", "sales-2"];

const siteOf = async (name: string, link: Link): Promise<Site> => ({ name, link, port: await freePort(), listenerPort: await freePort() });

const sitesOfAll = (): Promise<readonly Site[]> =>
  Promise.all([
    ...[...FIRST, LATER].map((name) => siteOf(name, "native")),
    siteOf(POLLER, "poll"),
    ...ASKED.map((name) => siteOf(name, "chat")),
  ]);

async function startOutside({ realToken, whatsapp }: Settings, end: Ending) {
  const telegram = await startTelegramApi({ tokens: [realToken] });
  end.add(telegram.stop);
  const number = { id: PHONE_NUMBER_ID, token: whatsapp.token };
  const graph = await startGraphApi({ appSecret: whatsapp.app, numbers: [number], statuses: true });
  end.add(graph.stop);
  const model = await startModel();
  end.add(model.stop);
  return { telegram, graph, model };
}

function newDir(end: Ending, isKept: boolean): string {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-e2e-"));
  end.add(async () => (isKept ? console.log(`Kept: ${dir}`) : rmSync(dir, { recursive: true, force: true, maxRetries: 5 })));
  return dir;
}

/** For whoever looks into a failure: what was said, asked and logged. The gateways' own logs are there already. */
function keepRecords(dir: string, { telegram, graph, model }: Awaited<ReturnType<typeof startOutside>>, lines: readonly string[]): void {
  const records = {
    ...{ deliveries: telegram.deliveries(), sent: telegram.sent(), calls: model.calls() },
    ...{ "whatsapp-deliveries": graph.deliveries(), "whatsapp-sent": graph.sent(), "whatsapp-reads": graph.reads() },
  };
  for (const [name, record] of Object.entries(records)) writeFileSync(join(dir, `${name}.json`), JSON.stringify(record, null, 2));
  writeFileSync(join(dir, "edge.log"), lines.join("\n"));
}

interface Ground {
  readonly installation: Installation;
  readonly sites: readonly Site[];
  readonly settings: Settings;
  readonly end: Ending;
}

type Unjoined = Omit<World, "join">;

/** `isThief`: the gateway names its own listener as the public webhook, as one that was set up without an edge does. */
async function planOf(
  { name, link, port, listenerPort }: Site,
  isThief: boolean,
  settings: Settings,
  world: Unjoined,
): Promise<GatewayPlan> {
  const plan = { name, port, modelUrl: world.model.baseUrl(name) };
  if (link === "chat") return { ...plan, link, user: settings.edgeUser, agent: AGENT };
  const { token: botToken, apiRoot, webhookUrl } = await world.admin.issueToken(name);
  world.edgeTokens.set(name, botToken);
  const access = { botToken, apiRoot };
  if (link === "poll") return { ...plan, link, gatewayToken: secret(), telegram: access };
  if (webhookUrl === undefined) throw new Error(`${name} was given no address for its webhook`);
  const own = `http://127.0.0.1:${listenerPort}${WEBHOOK_PATH}`;
  const webhookSecret = settings.webhookSecrets[listenerSecretVar(name)] ?? "";
  const telegram = { ...access, webhookUrl: isThief ? own : webhookUrl, webhookSecret };
  return { ...plan, link, listenerPort, gatewayToken: settings.gatewayTokens[gatewayTokenVar(name)] ?? "", telegram };
}

function joining({ installation, sites, settings, end }: Ground, world: Unjoined): World["join"] {
  return async (name, isThief = false) => {
    const site = sites.find((each) => each.name === name);
    if (site === undefined) throw new Error(`no site is called ${name}`);
    const gateway = gatewayOf(installation, await planOf(site, isThief, settings, world), world.dir);
    end.add(gateway.kill);
    world.gateways.set(name, gateway);
    return gateway.start();
  };
}

/** The edge and what stands around it; gateways join one after the other. */
export async function startWorld(
  installation: Installation,
  { end, isKept, isChaos }: { readonly end: Ending; readonly isKept: boolean; readonly isChaos?: boolean },
): Promise<World> {
  const dir = newDir(end, isKept);
  const sites = await sitesOfAll();
  const settings = newSettings(sites);
  const { realToken, adminToken, edgeUser } = settings;
  const outside = await startOutside(settings, end);
  const routesFile = join(dir, "routes.jsonc");
  const document = { sites, edgeUser, billing: isChaos === true ? LATER : undefined };
  writeFileSync(routesFile, routesDocument({ ...document, members: FIRST }));
  const edge = await startEdge({
    bundle: await ensureBundle(),
    routesFile,
    stateDir: join(dir, "edge"),
    vars: varsOf(settings, { telegramUrl: outside.telegram.url, graphUrl: outside.graph.url }),
    onError: (line) => console.error(`workerd: ${line}`),
  });
  end.add(edge.stop);
  const admin = adminOf(edge.url, adminToken);
  const setPool = async (members: readonly string[]): Promise<void> => {
    const text = routesDocument({ ...document, members });
    // Pushed, and not put: a text that another one replaced a moment ago would be taken for a stale read.
    await admin.push(text);
    await until("the new routes to be in force", async () => (await admin.routesInForce()) === text);
  };
  if (isKept) end.add(async () => keepRecords(dir, outside, edge.lines));
  const world = { ...outside, dir, edge, admin, setPool, realToken, adminToken, edgeTokens: new Map(), gateways: new Map() };
  return { ...world, join: joining({ installation, sites, settings, end }, world) };
}
