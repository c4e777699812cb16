/** What the instance object needs of the platform, built once per object. */
import type { LinkPorts } from "../../src/links/link.ts";
import type { RoutesSource } from "../../src/pipeline/snapshot.ts";
import type { Log } from "../../src/ports/log.ts";
import { generationInForce } from "../bot/stub.ts";
import { routesSource } from "../config/source.ts";
import type { Env } from "../env.ts";
import { instanceHttp } from "../instance-http.ts";
import { ObjectClock } from "../object-clock.ts";
import { jsonLog } from "../runtime.ts";

export interface InstancePorts extends LinkPorts {
  readonly routes: RoutesSource;
  readonly log: Log;
  /** Of the tokens the account's bot issues to this instance. */
  readonly generationInForce: (account: string, instance: string) => Promise<number>;
}

export function instancePorts(env: Env): InstancePorts {
  const clock = new ObjectClock();
  return {
    routes: routesSource(env),
    http: instanceHttp(env, clock),
    clock,
    log: jsonLog,
    generationInForce: (account, instance) => generationInForce(env, account, instance),
  };
}
