/** Files people sent, by account: joins the routes document, the Worker's variables and the channels to `platform-files.ts`. */
import { channels } from "../src/channels/registry.ts";
import type { Media } from "../src/ports/media.ts";
import { connect } from "./bot/platform.ts";
import { routesSource } from "./config/source.ts";
import type { Env } from "./env.ts";
import { platformFiles } from "./platform-files.ts";
import { envSecrets, platformHttp, systemClock } from "./runtime.ts";

export const mediaOf = (env: Env): Media =>
  platformFiles({
    connect: (account) => connect(account, { routes: routesSource(env), secrets: envSecrets(env), channels }),
    http: platformHttp,
    clock: systemClock,
  });
