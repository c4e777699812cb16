/** The stand-in for Telegram's servers as a process of its own. Outermost edge only. */
import { announce, readFlags, requireFlag } from "./process.ts";
import { startTelegramApi } from "./telegram-api.ts";

const flags = readFlags(["port", "tokens", "second-ms"]);

const api = await startTelegramApi({
  port: Number(flags["port"] ?? 0),
  tokens: requireFlag(flags, "tokens").split(","),
  secondMs: Number(flags["second-ms"] ?? 1_000),
});
announce({ url: api.url }, api.stop);
