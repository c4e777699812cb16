/** Instances' objects that hang: they are played; whoever asks about many hears of the others all the same. */
import { env } from "cloudflare:test";
import { expect, it } from "vitest";
import type { Env } from "../../../durable-objects/env.ts";
import { instancesOf } from "../../../durable-objects/instance/stub.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { InstanceStatus } from "../../../src/ports/instances.ts";

const well = (name: string): InstanceStatus => ({
  ...{ name, isHealthy: true, isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 },
});

it("one that hangs counts as one that cannot answer, and keeps nobody from the others", async () => {
  const played: Readonly<Record<string, () => Promise<InstanceStatus>>> = {
    "|hangs": () => new Promise(() => undefined),
    "|well": async () => well("well"),
  };
  const namespace = { idFromName: (name: string) => name, get: (name: string) => ({ status: played[name] }) };
  const lines: LogLine[] = [];
  const asked = instancesOf({ ...env, INSTANCE: namespace } as unknown as Env, { write: (line) => lines.push(line) });
  expect(await asked.status(["hangs", "well"])).toEqual([{ ...well("hangs"), isHealthy: false }, well("well")]);
  expect(lines).toMatchObject([{ level: "warn", event: "instance.unheard", instance: "hangs" }]);
});
