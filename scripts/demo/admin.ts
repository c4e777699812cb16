/** What the demo asks the running edge's admin API, as an operator would. Holds the token; never prints it. */
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";
import type { Pin, View } from "./journey.ts";

export interface InstanceFacts {
  readonly name: string;
  readonly region: string;
  readonly pools: readonly string[];
}

export interface IssuedToken {
  readonly token: string;
  readonly apiRoot: string;
}

export interface Admin {
  readonly instances: () => Promise<readonly InstanceFacts[]>;
  readonly issueToken: (account: string, instance: string) => Promise<IssuedToken>;
  /** Points the bot's webhook at the edge; returns where it points now. */
  readonly setWebhook: (account: string) => Promise<string>;
  /** Undefined while the edge knows no such conversation. */
  readonly view: (conversation: string, messageId: string) => Promise<View | undefined>;
  readonly pins: (conversation: string) => Promise<readonly Pin[]>;
  /** Makes the edge look at a document that was just put. */
  readonly lookAtRoutes: () => Promise<void>;
}

const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string() }) });
const instancesSchema = z.object({
  instances: z.array(z.looseObject({ name: z.string(), region: z.string().nullable(), pools: z.array(z.string()) })),
});
const tokenSchema = z.looseObject({ token: z.string(), apiRoot: z.string() });
const webhookSchema = z.looseObject({
  after: z.looseObject({ actual: z.looseObject({ fields: z.looseObject({ url: z.string() }) }), differences: z.array(z.unknown()) }),
});
const viewSchema = z.looseObject({
  pins: z.array(z.looseObject({ pool: z.string(), instance: z.string(), epoch: z.number() })),
  messages: z.array(z.looseObject({ message: z.string(), rule: z.string(), trace: z.string(), isAnswered: z.boolean() })),
});

const WITHIN_MS = 10_000;

export function adminOf(url: string, token: string): Admin {
  const ask = async (method: "GET" | "POST", path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "x-clawedge-operator": "demo" };
    const init: RequestInit = { method, headers, redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) };
    const answer = await fetch(`${url}/admin/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    const json: unknown = await answer.json().catch(() => undefined);
    if (answer.status === 404 && path.startsWith("conversations/")) return undefined;
    if (answer.ok) return json;
    const why = errorSchema.safeParse(json).data?.error.message ?? `http ${answer.status}`;
    throw new EdgeFailure(`the edge refused ${method} /admin/${path}: ${why}`);
  };
  const show = async (conversation: string) =>
    viewSchema.safeParse(await ask("GET", `conversations/${encodeURIComponent(conversation)}`)).data;
  return {
    instances: async () =>
      instancesSchema
        .parse(await ask("GET", "instances"))
        .instances.map(({ name, region, pools }) => ({ name, region: region ?? "", pools })),
    issueToken: async (account, instance) => tokenSchema.parse(await ask("POST", "tokens", { account, instance })),
    setWebhook: async (account) => {
      const { after } = webhookSchema.parse(await ask("POST", `accounts/${encodeURIComponent(account)}/webhook`));
      if (after.differences.length > 0) throw new EdgeFailure(`the webhook of ${account} is not as it should be: ${JSON.stringify(after)}`);
      return after.actual.fields.url;
    },
    view: async (conversation, messageId) => {
      const found = await show(conversation);
      const message = found?.messages.find((each) => each.message === messageId);
      return found && message && { pins: found.pins, rule: message.rule, trace: message.trace, isAnswered: message.isAnswered };
    },
    pins: async (conversation) => (await show(conversation))?.pins ?? [],
    lookAtRoutes: async () => void (await ask("GET", "routes")),
  };
}
