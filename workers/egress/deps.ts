/** What the egress runs on in production: the objects behind the bindings, the platform's clock and way out, the built channels. */
import { outboundOf } from "../../durable-objects/bot/stub.ts";
import { routesSource } from "../../durable-objects/config/source.ts";
import { conversationsOf } from "../../durable-objects/conversation/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { pollersOf } from "../../durable-objects/instance/poll-stub.ts";
import { envSecrets, jsonLog, platformHttp, systemClock } from "../../durable-objects/runtime.ts";
import { channels } from "../../src/channels/registry.ts";
import type { EgressDeps } from "./app.ts";

export function egressDeps(env: Env): EgressDeps {
  const routes = routesSource(env);
  const secrets = envSecrets(env);
  return {
    routes,
    secrets,
    channels,
    conversations: conversationsOf(env),
    outbound: outboundOf(env, routes),
    pollers: pollersOf(env),
    clock: systemClock,
    log: jsonLog,
    http: platformHttp,
    variable: (name) => secrets.get(name)?.open(),
  };
}
