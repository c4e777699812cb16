/** The stand-in for Meta's servers as a process of its own. Outermost edge only. `--numbers` is JSON: `[{"id":"…","token":"…","waba":"…"}]`. */
import * as z from "zod";
import { startGraphApi } from "./graph-api.ts";
import { announce, readFlags, requireFlag } from "./process.ts";

const numbers = z.array(
  z.strictObject({ id: z.string(), token: z.string(), waba: z.string().exactOptional(), display: z.string().exactOptional() }),
);

const flags = readFlags(["port", "app-secret", "numbers", "second-ms", "statuses", "pair-per-ms", "pair-burst", "window-ms"]);
const limit = (flag: string, name: "pairPerMs" | "pairBurst" | "windowMs") =>
  flags[flag] === undefined ? {} : { [name]: Number(flags[flag]) };

const api = await startGraphApi({
  appSecret: requireFlag(flags, "app-secret"),
  numbers: numbers.parse(JSON.parse(requireFlag(flags, "numbers"))),
  port: Number(flags["port"] ?? 0),
  secondMs: Number(flags["second-ms"] ?? 1_000),
  statuses: flags["statuses"] === "true",
  ...limit("pair-per-ms", "pairPerMs"),
  ...limit("pair-burst", "pairBurst"),
  ...limit("window-ms", "windowMs"),
});
announce({ url: api.url }, api.stop);
