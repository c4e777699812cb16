/** The suspend API of one gateway as this Worker can ask it: with its secrets and its way out. Decides nothing. */
import type { Env } from "../../durable-objects/env.ts";
import { instanceHttp } from "../../durable-objects/instance-http.ts";
import { envSecrets, systemClock } from "../../durable-objects/runtime.ts";
import type { InstanceConfig } from "../../src/config/schema.ts";
import { type Resumption, resume, type SuspendPorts, type Suspension, suspend } from "../../src/pipeline/suspend.ts";

const portsOf = (env: Env): SuspendPorts => ({ http: instanceHttp(env), clock: systemClock, secrets: envSecrets(env) });

export const suspendFromHere = (env: Env, config: InstanceConfig): Promise<Suspension> => suspend(config, portsOf(env));
export const resumeFromHere = (env: Env, config: InstanceConfig): Promise<Resumption> => resume(config, portsOf(env));
