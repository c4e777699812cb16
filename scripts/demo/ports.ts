/** Free ports on loopback. Taken for a moment and given back: whoever listens next should do so soon. */
import { createServer, type Server } from "node:net";

const HOST = "127.0.0.1";

function hold(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve(server));
  });
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

const release = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** All held at once, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => hold(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(release));
  return ports;
}

export async function isFree(port: number): Promise<boolean> {
  try {
    await release(await hold(port));
    return true;
  } catch {
    return false;
  }
}
