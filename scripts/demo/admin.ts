/** What the demo asks the running edge's admin API, as an operator would. Holds the token; never prints it. */
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";
import type { Pin, View } from "./journey.ts";

export interface InstanceFacts {
  readonly name: string;
  readonly region: string;
  readonly pools: readonly string[];
  /** Undefined for one that only polls: nobody can reach it. */
  readonly url: string | undefined;
  /** It asks for the updates of some account. */
  readonly polls: boolean;
  readonly isHealthy: boolean;
  /** Updates offered to its pollers and not confirmed. */
  readonly waiting: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly apiRoot: string;
}

export interface Admin {
  readonly instances: () => Promise<readonly InstanceFacts[]>;
  readonly issueToken: (account: string, instance: string) => Promise<IssuedToken>;
  /** Points the account's webhook at the edge; returns where it points now. */
  readonly setWebhook: (account: string) => Promise<string>;
  /** Undefined while the edge knows no such conversation. */
  readonly view: (conversation: string, messageId: string) => Promise<View | undefined>;
  readonly pins: (conversation: string) => Promise<readonly Pin[]>;
  /** How many statuses of this kind the account was told. */
  readonly statuses: (account: string, status: string) => Promise<number>;
  /** Makes the edge look at a document that was just put. */
  readonly lookAtRoutes: () => Promise<void>;
}

const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string() }) });
const instancesSchema = z.object({
  instances: z.array(
    z.looseObject({
      name: z.string(),
      region: z.string().nullable(),
      pools: z.array(z.string()),
      url: z.string().nullable(),
      links: z.array(z.looseObject({ link: z.string() })),
      isHealthy: z.boolean().default(false),
      pollers: z.array(z.looseObject({ open: z.number() })).default([]),
    }),
  ),
});

type Shown = z.infer<typeof instancesSchema>["instances"][number];

const factsOf = ({ name, region, pools, url, links, isHealthy, pollers }: Shown): InstanceFacts => ({
  ...{ name, region: region ?? "", pools, url: url ?? undefined, isHealthy },
  polls: links.some(({ link }) => link === "poll"),
  waiting: pollers.reduce((sum, { open }) => sum + open, 0),
});

const tokenSchema = z.looseObject({ token: z.string(), apiRoot: z.string() });
const webhookSchema = z.looseObject({
  after: z.looseObject({
    actual: z.looseObject({ fields: z.looseObject({ url: z.string().optional(), callback_url: z.string().optional() }) }),
    differences: z.array(z.unknown()),
  }),
});
const viewSchema = z.looseObject({
  pins: z.array(z.looseObject({ pool: z.string(), instance: z.string(), epoch: z.number() })),
  messages: z.array(z.looseObject({ seq: z.number(), message: z.string(), rule: z.string(), trace: z.string(), isAnswered: z.boolean() })),
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
    instances: async () => instancesSchema.parse(await ask("GET", "instances")).instances.map(factsOf),
    issueToken: async (account, instance) => tokenSchema.parse(await ask("POST", "tokens", { account, instance })),
    setWebhook: async (account) => {
      const { after } = webhookSchema.parse(await ask("POST", `accounts/${encodeURIComponent(account)}/webhook`));
      if (after.differences.length > 0) throw new EdgeFailure(`the webhook of ${account} is not as it should be: ${JSON.stringify(after)}`);
      const { url: address, callback_url } = after.actual.fields;
      return address ?? callback_url ?? "";
    },
    view: async (conversation, messageId) => {
      const found = await show(conversation);
      const message = found?.messages.find((each) => each.message === messageId);
      if (found === undefined || message === undefined) return undefined;
      const { seq, rule, trace, isAnswered } = message;
      return { seq, pins: found.pins, rule, trace, isAnswered };
    },
    pins: async (conversation) => (await show(conversation))?.pins ?? [],
    statuses: async (account, status) => {
      const init = { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(WITHIN_MS) };
      const lines = (await (await fetch(`${url}/metrics`, init)).text()).split("\n");
      const name = `clawedge_statuses_total{account="${account}",status="${status}"} `;
      return Number(lines.find((line) => line.startsWith(name))?.slice(name.length) ?? 0);
    },
    lookAtRoutes: async () => void (await ask("GET", "routes")),
  };
}
