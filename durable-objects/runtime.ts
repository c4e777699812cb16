/** The ports that are the platform itself: clock, dice, way out, log, secrets. Built once per isolate; pure code gets them handed in. */
import { hex } from "../src/core/bytes.ts";
import type { LogLine } from "../src/core/log-line.ts";
import { Secret } from "../src/core/secret.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Dice } from "../src/ports/dice.ts";
import type { Http } from "../src/ports/http.ts";
import type { Log } from "../src/ports/log.ts";
import type { Secrets } from "../src/ports/secrets.ts";

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, wake) =>
    new Promise((resolve) => {
      if (wake?.aborted === true) return resolve();
      const timer = setTimeout(resolve, ms);
      wake?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

export const webDice: Dice = {
  next: () => Math.random(),
  hex: (bytes) => hex(crypto.getRandomValues(new Uint8Array(bytes))),
};

export const platformHttp: Http = {
  fetch: (url, init) => fetch(url, init),
};

/** One JSON line per event on standard output; `ts` is ISO 8601. */
export const jsonLog: Log = {
  write: (line: LogLine) => {
    // biome-ignore lint/suspicious/noConsole: the Worker's log is its console; this is the one place that writes to it
    console.log(JSON.stringify({ ts: new Date().toISOString(), ...line }));
  },
};

/** Worker variables by name; only text counts, and an empty one is not set. */
export const envSecrets = (env: object): Secrets => ({
  get: (name) => {
    const value: unknown = Object.hasOwn(env, name) ? Reflect.get(env, name) : undefined;
    return typeof value === "string" && value !== "" ? new Secret(value) : undefined;
  },
});
