/** The nginx of a classic set-up, `ip_hash` over its upstreams: run from the system's binary under a prefix of its own, or not at all. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";

export interface Nginx {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const CANDIDATES = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];
const START_WITHIN_MS = 5_000;

const binary = (): string | undefined => CANDIDATES.find((path) => spawnSync(path, ["-v"]).status === 0);

const config = (port: number, upstream: number): string => `daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream gateways { ip_hash; server 127.0.0.1:${upstream}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.unref().once("connect", () => socket.destroy());
  });

/** Undefined when nginx is not installed. */
export async function startNginx(dir: string, upstream: number): Promise<Nginx | undefined> {
  const path = binary();
  if (path === undefined) return undefined;
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  writeFileSync(join(dir, "nginx.conf"), config(port, upstream));
  const child = spawn(path, ["-p", dir, "-c", "nginx.conf", "-e", "error.log"], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const deadlineMs = Date.now() + START_WITHIN_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) throw new Error(`nginx did not start: see ${dir}/error.log`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  return { port, stop };
}
