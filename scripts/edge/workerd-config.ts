/**
 * The bundle's configuration for plain workerd, as text: one Worker, its objects on disk, its KV as a folder, its variables from the
 * process environment (so that no secret is written to disk), and the ticker that fires its scheduled handler. Pure; starts nothing.
 * @see https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp
 */
import { join } from "node:path";
import { kvDir } from "./kv-files.ts";
import type { Manifest } from "./manifest.ts";

export interface WorkerdLayout {
  readonly manifest: Manifest;
  /** Names of the variables that become bindings; their values come from workerd's environment. */
  readonly varNames: readonly string[];
  readonly port: number;
  readonly stateDir: string;
  /** Another release's Worker takes the requests, and asks this one's objects, as while a deploy spreads. */
  readonly hasFront?: boolean | undefined;
  /** PEM certificates trusted beside the public ones. */
  readonly extraCertificates?: string | undefined;
}

/** Refuses fetches to loopback, which is where everything lives that a local edge talks to. */
const FLAG_NOT_FOR_LOCAL = "global_fetch_strictly_public";

/** Where the runner puts the bundle's module and the ticker's, relative to the configuration file. */
export const MODULES = { edge: "bundle/index.js", front: "bundle/front.js", ticker: "bundle/ticker.js" } as const;
export const TICKER_TOKEN = "TICKER_TOKEN";

/**
 * V8's default lets the young generation grow to 16 MiB a half before it is collected, and each small object in it may hold a far larger one of
 * workerd's outside the heap. With 2 MiB a half a loaded edge has half the memory: docs/decisions/0021-a-small-young-generation.md
 */
const V8_FLAGS = ["--max-semi-space-size=2"] as const;

const CONTROL_CHARACTERS = /[\p{Cc}]/gu;
const escapeControl = (char: string): string => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** A Cap'n Proto text literal. */
const text = (value: string): string => `"${value.replace(/["\\]/g, "\\$&").replace(CONTROL_CHARACTERS, escapeControl)}"`;

const list = (items: readonly string[], indent: string): string =>
  `[\n${items.map((item) => `${indent}  ${item}`).join(",\n")}\n${indent}]`;

/** `service`: whose classes the objects are, where they are not the Worker's own. */
function bindings({ manifest, varNames }: WorkerdLayout, service?: string): readonly string[] {
  const classOf = (className: string): string =>
    service === undefined ? text(className) : `(className = ${text(className)}, serviceName = ${text(service)})`;
  return [
    ...manifest.kvBindings.map((name) => `(name = ${text(name)}, kvNamespace = "kv")`),
    ...manifest.objects.map(({ binding, className }) => `(name = ${text(binding)}, durableObjectNamespace = ${classOf(className)})`),
    ...varNames.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
  ];
}

/** `uniqueKey` names the folder of a class's objects: it may never change, or every object loses its storage. */
const objectClass = (className: string): string =>
  `(className = ${text(className)}, uniqueKey = ${text(`clawedge-${className}`)}, enableSql = true)`;

function head({ manifest }: WorkerdLayout, module: string): string {
  const flags = manifest.compatibilityFlags.filter((flag) => flag !== FLAG_NOT_FOR_LOCAL).map(text);
  return `modules = [(name = "index.js", esModule = embed ${text(module)})],
  compatibilityDate = ${text(manifest.compatibilityDate)},
  compatibilityFlags = [${flags.join(", ")}]`;
}

const frontWorker = (layout: WorkerdLayout): string => `const front :Workerd.Worker = (
  ${head(layout, MODULES.front)},
  bindings = ${list(bindings(layout, "edge"), "  ")},
  globalOutbound = "internet"
);

`;

function edgeWorker(layout: WorkerdLayout): string {
  const { manifest } = layout;
  const classes = [...new Set(manifest.objects.map(({ className }) => className))].map(objectClass);
  return `const edge :Workerd.Worker = (
  ${head(layout, MODULES.edge)},
  bindings = ${list(bindings(layout), "  ")},
  durableObjectNamespaces = ${list(classes, "  ")},
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "internet"
);`;
}

function services({ stateDir, extraCertificates, hasFront }: WorkerdLayout): readonly string[] {
  const extra = extraCertificates === undefined ? "" : `, trustedCertificates = [${text(extraCertificates)}]`;
  return [
    `(name = "edge", worker = .edge)`,
    ...(hasFront === true ? [`(name = "front", worker = .front)`] : []),
    `(name = "ticker", worker = .ticker)`,
    `(name = "kv", disk = (path = ${text(kvDir(stateDir))}, writable = true))`,
    `(name = "objects", disk = (path = ${text(join(stateDir, "objects"))}, writable = true))`,
    `(name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true${extra})))`,
  ];
}

export function workerdConfig(layout: WorkerdLayout): string {
  const { manifest, port, hasFront } = layout;
  return `# ClawEdge on plain workerd. Start with: workerd serve --experimental edge.capnp
# Variables come from the process environment; ${TICKER_TOKEN} is the secret path of the scheduled handler's socket.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services(layout), "  ")},
  sockets = [
    (name = "main", address = "127.0.0.1:${port}", http = (), service = "${hasFront === true ? "front" : "edge"}"),
    (name = "ticker", address = "127.0.0.1:0", http = (), service = "ticker")
  ],
  v8Flags = ${list(V8_FLAGS.map(text), "  ")}
);

${hasFront === true ? frontWorker(layout) : ""}${edgeWorker(layout)}

# workerd has no cron: POST /<${TICKER_TOKEN}>?cron=<expression>&at=<ms> fires the scheduled handler.
const ticker :Workerd.Worker = (
  modules = [(name = "ticker.js", esModule = embed ${text(MODULES.ticker)})],
  compatibilityDate = ${text(manifest.compatibilityDate)},
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "EDGE", service = "edge"), (name = ${text(TICKER_TOKEN)}, fromEnvironment = ${text(TICKER_TOKEN)})]
);
`;
}
