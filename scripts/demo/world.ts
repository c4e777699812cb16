/**
 * Everything the demo runs: stand-ins for Telegram's and WhatsApp's servers in this process, the real bundle in workerd, instances
 * in processes of their own. Loopback only. Started in this order, stopped in the other.
 */
import { randomBytes } from "node:crypto";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import { usageFailure } from "../edge/failure.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { type GraphApi, startGraphApi } from "../fakes/graph-api.ts";
import { faultsOf } from "../fakes/instance-fault.ts";
import { startTelegramApi, type TelegramApi } from "../fakes/telegram-api.ts";
import { type Admin, adminOf, type InstanceFacts } from "./admin.ts";
import { type Cast, type CastEvents, startCast } from "./cast.ts";
import { DEFAULT_PORT, type StartSettings } from "./command-line.ts";
import { type LogLine, readLogLine } from "./edge-log.ts";
import { gatewaysOf } from "./gateways.ts";
import type { InstanceStart } from "./instance-process.ts";
import { type Stage, until } from "./observe.ts";
import { freePorts, isFree } from "./ports.ts";
import { type Address, fillIn, PHONE_NUMBER_ID, type Role, readTemplate, rolesIn, secretVariable } from "./routes-file.ts";
import { dropNote, filesIn, prepareStateDir, writeNote } from "./state-dir.ts";
import { telegramAt } from "./telegram.ts";
import { whatsappAt } from "./whatsapp.ts";

export const TELEGRAM = "telegram:support";
export const WHATSAPP = "whatsapp:sales";

export interface World extends Stage {
  readonly instances: readonly InstanceFacts[];
  readonly cast: Cast;
  readonly edge: Edge;
  readonly adminToken: string;
  readonly telegramApi: TelegramApi;
  readonly graphApi: GraphApi;
  readonly webhookUrl: string;
  readonly routesFile: string;
  readonly onLine: (listen: (line: LogLine) => void) => void;
}

export type OnExit = (undo: () => Promise<void>) => void;

export interface Opening {
  readonly settings: StartSettings;
  readonly events: CastEvents;
  /** What is being done, for a person who waits. */
  readonly onStep: (text: string) => void;
  /** How to undo each thing that was started, as soon as it was. */
  readonly onExit: OnExit;
}

const HEALTHY_WITHIN_MS = 5_000;
const LEARNED_WITHIN_MS = 30_000;

const secret = (): string => randomBytes(24).toString("base64url");
/** Shaped like Telegram's: the bot's id, and 35 characters. */
const botToken = (): string => `7000000042:${randomBytes(32).toString("base64url").slice(0, 35)}`;

interface EdgeLog {
  readonly lines: LogLine[];
  readonly take: (text: string) => void;
  readonly onLine: (listen: (line: LogLine) => void) => void;
}

/** Kept in memory for this process, and in a file for `say`. */
function openLog(file: string): EdgeLog {
  const lines: LogLine[] = [];
  const listeners: ((line: LogLine) => void)[] = [];
  const stream = createWriteStream(file, { flags: "a", mode: 0o600 });
  const take = (text: string): void => {
    stream.write(`${text}\n`);
    const line = readLogLine(text);
    if (line === undefined) return;
    lines.push(line);
    for (const listen of listeners) listen(line);
  };
  return { lines, take, onLine: (listen) => void listeners.push(listen) };
}

async function portFor({ port }: StartSettings, onStep: (text: string) => void): Promise<number> {
  if (port !== undefined) return port;
  if (await isFree(DEFAULT_PORT)) return DEFAULT_PORT;
  onStep(`Port ${DEFAULT_PORT} is taken, so the edge takes another one.`);
  return 0;
}

async function addressesOf(names: readonly string[]): Promise<readonly Address[]> {
  const ports = await freePorts(names.length * 2);
  return names.map((name, index) => ({ name, port: ports[index * 2] ?? 0, listenerPort: ports[index * 2 + 1] ?? 0 }));
}

interface Plan {
  readonly roles: readonly Role[];
  readonly addresses: readonly Address[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly regions: ReadonlyMap<string, string>;
}

const startsOf = ({ roles, addresses, secrets, regions }: Plan, admin: Admin, { settings }: Opening): Promise<readonly InstanceStart[]> =>
  Promise.all(
    addresses.map(async (address) => {
      const { token, apiRoot } = await admin.issueToken(TELEGRAM, address.name);
      const role = roles.find(({ name }) => name === address.name);
      return {
        ...address,
        polls: role?.polls ?? false,
        chat: role?.chat,
        region: regions.get(address.name) ?? "",
        secret: secrets[secretVariable(address.name)] ?? "",
        token,
        apiRoot,
        stateFile: join(filesIn(settings.stateDir).instances, `${address.name}.jsonl`),
        fault: settings.faults.get(address.name),
      };
    }),
  );

function checkFaults(faults: ReadonlyMap<string, string>, roles: readonly Role[]): void {
  for (const [name, kind] of faults) {
    const role = roles.find((one) => one.name === name);
    if (role === undefined) throw usageFailure(`--fault ${name}: the demo's instances are ${roles.map((one) => one.name).join(", ")}`);
    const known = faultsOf(role.polls);
    if (!known.includes(kind)) throw usageFailure(`--fault ${name}=${kind}: ${name} knows ${known.join(", ")}`);
  }
}

/** An instance that polls is there for the edge once it has asked; one that does not in time is left as it is. */
const untilHealthy = (admin: Admin): Promise<readonly InstanceFacts[]> =>
  until(admin.instances, (instances) => instances.every(({ isHealthy }) => isHealthy), HEALTHY_WITHIN_MS);

/** The edge learns the document's intents before it serves it. One that does not in time is asked all the same, and says why. */
const untilServing = (url: string): Promise<number> =>
  until(
    async () => (await fetch(`${url}/readyz`)).status,
    (status) => status === 200,
    LEARNED_WITHIN_MS,
  );

async function bundleWith(onStep: (text: string) => void) {
  const startMs = Date.now();
  let isBuilt = false;
  const bundle = await ensureBundle(() => {
    isBuilt = true;
    onStep("Building the Worker's bundle: a few seconds, once per change of the sources …");
  });
  if (isBuilt) onStep(`Built in ${((Date.now() - startMs) / 1000).toFixed(1)} s.`);
  return bundle;
}

export async function openWorld(opening: Opening): Promise<World> {
  const { settings, events, onStep, onExit } = opening;
  const { stateDir } = settings;
  const template = readTemplate();
  const roles = rolesIn(template);
  checkFaults(settings.faults, roles);
  prepareStateDir(stateDir);
  const bundle = await bundleWith(onStep);

  const files = filesIn(stateDir);
  const addresses = await addressesOf(roles.map(({ name }) => name));
  writeFileSync(files.routes, fillIn(template, addresses));
  const token = botToken();
  const telegramApi = await startTelegramApi({ tokens: [token] });
  onExit(telegramApi.stop);

  const whatsapp = { WA_APP: secret(), WA_VERIFY: secret(), WA_TOKEN: secret() };
  const numbers = [{ id: PHONE_NUMBER_ID, token: whatsapp.WA_TOKEN }];
  const graphApi = await startGraphApi({ appSecret: whatsapp.WA_APP, numbers, statuses: true });
  onExit(graphApi.stop);

  const adminToken = secret();
  const bases = { TELEGRAM_API_BASE: telegramApi.url, WHATSAPP_API_BASE: graphApi.url };
  const secrets = Object.fromEntries(roles.map(({ name }) => [secretVariable(name), secret()]));
  const vars = { ADMIN_TOKEN: adminToken, TG_TOKEN: token, TG_SECRET: secret(), ...whatsapp, ...bases, ...secrets };
  const log = openLog(files.log);
  const port = await portFor(settings, onStep);
  const edge = await startEdge({ bundle, vars, port, routesFile: files.routes, stateDir: files.edge, onLine: log.take, onError: log.take });
  // Nothing of it is needed again, and an orderly end would wait for instances that wait for updates.
  onExit(edge.kill);
  await untilServing(edge.url);

  const admin = adminOf(edge.url, adminToken);
  const regions = new Map((await admin.instances()).map(({ name, region }) => [name, region]));
  const cast = await startCast(await startsOf({ roles, addresses, secrets, regions }, admin, opening), events);
  onExit(cast.stop);
  const instances = await untilHealthy(admin);
  const webhookUrl = await admin.setWebhook(TELEGRAM);
  await admin.setWebhook(WHATSAPP);

  const urls = { url: edge.url, telegramUrl: telegramApi.url, whatsappUrl: graphApi.url };
  writeNote(stateDir, { pid: process.pid, adminToken, ...urls, accounts: [TELEGRAM, WHATSAPP] });
  onExit(async () => dropNote(stateDir));
  const platforms = { telegram: telegramAt(telegramApi.url), whatsapp: whatsappAt(graphApi.url) };
  const stage: Stage = { log: () => log.lines, admin, ...platforms, gateways: gatewaysOf(instances) };
  return { ...stage, instances, cast, edge, adminToken, telegramApi, graphApi, webhookUrl, routesFile: files.routes, onLine: log.onLine };
}
