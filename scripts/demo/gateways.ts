/** What the demo's gateways were asked over `/v1`, by their own account. Looks only. */
import * as z from "zod";
import type { InstanceFacts } from "./admin.ts";
import type { Asked } from "./journey.ts";

const callsSchema = z.array(
  z.looseObject({
    headers: z.looseObject({ "x-clawedge-delivery": z.string().optional() }),
    agent: z.string(),
    scopes: z.array(z.string()),
    images: z.array(z.unknown()),
  }),
);

export interface Gateways {
  /** Undefined when it was not asked, or is gone. */
  readonly asked: (instance: string, account: string, messageId: string) => Promise<Asked | undefined>;
}

const WITHIN_MS = 5_000;

export function gatewaysOf(instances: readonly InstanceFacts[]): Gateways {
  return {
    asked: async (instance, account, messageId) => {
      const url = instances.find(({ name }) => name === instance)?.url;
      if (url === undefined) return undefined;
      const answer = await fetch(`${url}/__control/chat`, { signal: AbortSignal.timeout(WITHIN_MS) }).catch(() => undefined);
      const calls = callsSchema.safeParse(await answer?.json()).data ?? [];
      const key = Buffer.from(`${account}/${messageId}`).toString("base64url");
      const call = calls.findLast(({ headers }) => headers["x-clawedge-delivery"] === key);
      return call && { agent: call.agent, scopes: call.scopes, images: call.images.length };
    },
  };
}
