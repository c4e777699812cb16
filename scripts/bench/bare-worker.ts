/** Starts one of the Workers in baseline/ in the same workerd, with the same kind of configuration and disk storage as the edge. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorkerd } from "../edge/workerd.ts";

export interface BareWorker {
  readonly port: number;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface BareOptions {
  readonly name: "commit" | "forward" | "nothing";
  readonly stateDir: string;
  readonly compatibilityDate: string;
  readonly upstream?: string;
}

const LEDGER = `
  bindings = [(name = "LEDGER", durableObjectNamespace = "Ledger")],
  durableObjectNamespaces = [(className = "Ledger", uniqueKey = "bench-Ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`;

const config = ({ name, stateDir, compatibilityDate, upstream }: BareOptions): string => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "bare", worker = .bare),
    (name = "objects", disk = (path = "${join(stateDir, "objects")}", writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true)))
  ],
  sockets = [(name = "main", address = "127.0.0.1:0", http = (), service = "bare")]
);

const bare :Workerd.Worker = (
  modules = [(name = "${name}.js", esModule = embed "${name}.js")],
  compatibilityDate = "${compatibilityDate}",${name === "commit" ? LEDGER : ""}${
    upstream === undefined ? "" : `\n  bindings = [(name = "UPSTREAM", text = "${upstream}")],`
  }
  globalOutbound = "internet"
);
`;

/** workerd marks what it knows to be harmless. */
export function complain(line: string): void {
  if (!line.includes("NOSENTRY")) console.error(line);
}

export async function startBareWorker(options: BareOptions): Promise<BareWorker> {
  const { name, stateDir } = options;
  mkdirSync(join(stateDir, "objects"), { recursive: true });
  copyFileSync(fileURLToPath(new URL(`baseline/${name}.js`, import.meta.url).href), join(stateDir, `${name}.js`));
  const configFile = join(stateDir, "bare.capnp");
  writeFileSync(configFile, config(options));
  const workerd = startWorkerd({ configFile, env: {}, sockets: ["main"], onLine: () => undefined, onError: complain });
  const ports = await workerd.ports;
  return { port: ports.get("main") ?? 0, pid: workerd.pid, stop: () => workerd.end("SIGTERM") };
}
