import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";

export class Shard extends DurableObject<Env> {}
