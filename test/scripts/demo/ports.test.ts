import { createServer, type Server } from "node:net";
import { expect, it } from "vitest";
import { FIRST_PORT, freePorts, isFree, LAST_PORT } from "../../../scripts/demo/ports.ts";

it("ports are free, differ, and are none that a system gives to outgoing connections", async () => {
  const ports = await freePorts(40);
  expect(new Set(ports).size).toBe(40);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(FIRST_PORT);
    expect(port).toBeLessThanOrEqual(LAST_PORT);
    expect(await isFree(port)).toBe(true);
  }
});

it("a port somebody listens on is not free", async () => {
  const [port = 0] = await freePorts(1);
  const server = await new Promise<Server>((resolve) => {
    const listening = createServer().listen(port, "127.0.0.1", () => resolve(listening));
  });
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
});
