/** Free ports on loopback. Taken for a moment and given back: whoever listens next should do so soon. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

const HOST = "127.0.0.1";

function hold(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve(server));
  });
}

const release = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/**
 * Below what systems hand out by themselves (Linux from 32768, macOS and IANA from 49152): a port given back from up there is soon
 * somebody's outgoing connection, and then nobody can listen on it.
 */
export const FIRST_PORT = 20_000;
export const LAST_PORT = 32_767;
const MAX_TRIES = 50;

async function holdAny(): Promise<{ readonly port: number; readonly server: Server }> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    try {
      return { port, server: await hold(port) };
    } catch (error) {
      if (tries >= MAX_TRIES) throw error;
    }
  }
}

/** All held at once, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdAny));
  await Promise.all(held.map(({ server }) => release(server)));
  return held.map(({ port }) => port);
}

export async function isFree(port: number): Promise<boolean> {
  try {
    await release(await hold(port));
    return true;
  } catch {
    return false;
  }
}
