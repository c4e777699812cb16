/** What the operator does in this proof, through the edge's admin API: tokens, the webhook, and waiting for routes to be in force. */
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";
import { ACCOUNT } from "./routes.ts";

const issued = z.object({ token: z.string(), apiRoot: z.string(), webhookUrl: z.string() });
const registration = z.object({ after: z.object({ differences: z.array(z.unknown()) }) });
const shown = z.object({ differences: z.array(z.looseObject({ field: z.string() })) });

const routes = z.object({ text: z.string().nullable() });

export type Issued = z.infer<typeof issued>;

export interface Admin {
  /** What a gateway's configuration needs. */
  readonly issueToken: (instance: string) => Promise<Issued>;
  readonly setWebhook: () => Promise<void>;
  /** Fields in which the platform differs from what it should have. */
  readonly webhookDifferences: () => Promise<readonly string[]>;
  /** The text of the document in force. */
  readonly routesInForce: () => Promise<string | null>;
}

export function adminOf(edgeUrl: string, token: string): Admin {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, redirect: "manual" as const };
    const answer = await fetch(`${edgeUrl}/admin/${path}`, { ...init, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (answer.status !== 200) throw new EdgeFailure(`${method} /admin/${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const webhook = `accounts/${encodeURIComponent(ACCOUNT)}/webhook`;
  return {
    issueToken: async (instance) => issued.parse(await call("POST", "tokens", { account: ACCOUNT, instance })),
    setWebhook: async () => {
      const { differences } = registration.parse(await call("POST", webhook)).after;
      if (differences.length > 0) throw new EdgeFailure(`the webhook was set, and still differs: ${JSON.stringify(differences)}`);
    },
    webhookDifferences: async () => shown.parse(await call("GET", webhook)).differences.map(({ field }) => field),
    routesInForce: async () => routes.parse(await call("GET", "routes")).text,
  };
}
