/** The demo's routes document: the commented template beside this file, with the addresses this run takes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "jsonc-parser";
import * as z from "zod";
import type { ChatOptions } from "../fakes/instance-chat-caller.ts";

const TEMPLATE = fileURLToPath(new URL("routes.jsonc", import.meta.url).href);

export const readTemplate = (): string => readFileSync(TEMPLATE, "utf8");

const documentSchema = z.object({
  instances: z.record(
    z.string(),
    z.looseObject({
      poll: z.array(z.string()).default([]),
      chat: z.looseObject({ userHeader: z.string() }).optional(),
    }),
  ),
  pools: z.record(z.string(), z.looseObject({ instances: z.array(z.string()), agent: z.string().optional() })),
});

/** What an instance of the template has to be. */
export interface Role {
  readonly name: string;
  /** It asks for its updates, and nobody can reach it. */
  readonly polls: boolean;
  /** Its `/v1`, when the edge may ask it. */
  readonly chat: ChatOptions | undefined;
}

/** In the template's order. */
export function rolesIn(template: string): readonly Role[] {
  const { instances, pools } = documentSchema.parse(parse(template, [], { allowTrailingComma: true }));
  const agentsOf = (name: string): readonly string[] =>
    Object.values(pools).flatMap((pool) => (pool.instances.includes(name) && pool.agent !== undefined ? [pool.agent] : []));
  return Object.entries(instances).map(([name, { poll, chat }]) => ({
    name,
    polls: poll.length > 0,
    chat: chat && { mode: "trusted-proxy", userHeader: chat.userHeader, agents: ["main", ...agentsOf(name)] },
  }));
}

export interface Address {
  readonly name: string;
  readonly port: number;
  readonly listenerPort: number;
}

export const fillIn = (template: string, addresses: readonly Address[]): string =>
  addresses.reduce(
    (text, { name, port, listenerPort }) =>
      text
        .replaceAll(`http://${name}.gateway.example`, `http://127.0.0.1:${port}`)
        .replaceAll(`http://${name}.listener.example`, `http://127.0.0.1:${listenerPort}`),
    template,
  );

/** The variable the template names for an instance's listener secret. */
export const secretVariable = (instance: string): string => `${instance.toUpperCase().replaceAll("-", "_")}_SECRET`;

/** As the template names it. */
export const PHONE_NUMBER_ID = "106540352242922";
