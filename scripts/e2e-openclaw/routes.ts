/** The routes document of this proof: a bot whose pool holds rather than moves, with gateways that listen, one that joins later and one that polls; and a WhatsApp number whose gateways are asked. */
import { WEBHOOK_PATH } from "./gateway-config.ts";

/** How the edge reaches a gateway: the links of the document. */
export type Link = "native" | "poll" | "chat";

export interface Site {
  readonly name: string;
  readonly link: Link;
  readonly port: number;
  readonly listenerPort: number;
}

export const ACCOUNT = "telegram:support";
export const POOL = "support";
export const WEBHOOK_SECRET_VAR = "TG_SECRET";
export const TOKEN_VAR = "TG_TOKEN";

/** Where a word sends people in the middle of whatever they talk about. */
export const BILLING = "billing";
export const BILLING_WORD = "invoice";

export const WHATSAPP = "whatsapp:sales";
export const PHONE_NUMBER_ID = "106540352242922";
export const AGENT = "sales-public";
/** What people are told when no answer will come. */
export const UNANSWERED = "Sorry, I could not answer that. Please write again.";
export const WHATSAPP_VARS = { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } as const;
const SALES = "sales";

/** A gateway takes up to 30 s to start; nothing may move meanwhile. */
const FAILOVER = { policy: "hold-then-move", holdMs: 180_000 };

/** Short enough to be waited for: under chaos conversations are to move. */
const CHAOS_FAILOVER = { policy: "hold-then-move", holdMs: 6_000 };

/** In trusted-proxy mode a gateway wants exactly one address that is not its own. */
const FORWARDED_FOR = "203.0.113.7";

export const listenerSecretVar = (site: string): string => `${site.toUpperCase().replaceAll("-", "_")}_TG_SECRET`;
export const gatewayTokenVar = (site: string): string => `${site.toUpperCase().replaceAll("-", "_")}_GATEWAY`;

function instanceOf({ link, name, port, listenerPort }: Site, edgeUser: string): object {
  const reached = { url: `http://127.0.0.1:${port}`, region: "weur", probe: { intervalMs: 2_000, timeoutMs: 2_000 } };
  switch (link) {
    case "native":
      return {
        ...{ ...reached, adminRpc: true, secrets: { gateway: gatewayTokenVar(name) } },
        native: { [ACCOUNT]: { url: `http://127.0.0.1:${listenerPort}${WEBHOOK_PATH}`, secret: listenerSecretVar(name) } },
      };
    case "poll":
      // Without an address, as for a gateway behind NAT.
      return { region: "weur", poll: [ACCOUNT] };
    case "chat":
      return { ...reached, forwardedFor: FORWARDED_FOR, chat: { user: edgeUser } };
  }
}

export interface Document {
  readonly sites: readonly Site[];
  /** Who is in the bot's pool now. */
  readonly members: readonly string[];
  /** Under which name the edge asks gateways. */
  readonly edgeUser: string;
  /** Who serves those whom a word sends there: under chaos only, when conversations move soon too. */
  readonly billing?: string | undefined;
}

export const routesDocument = ({ sites, members, edgeUser, billing }: Document): string =>
  JSON.stringify(
    {
      accounts: {
        [ACCOUNT]: { pool: POOL, scope: "chat", secrets: { webhook: WEBHOOK_SECRET_VAR, token: TOKEN_VAR } },
        [WHATSAPP]: { pool: SALES, phoneNumberId: PHONE_NUMBER_ID, secrets: WHATSAPP_VARS },
      },
      instances: Object.fromEntries(sites.map((site) => [site.name, instanceOf(site, edgeUser)])),
      pools: {
        [POOL]: { instances: members, strategy: "rendezvous", failover: billing === undefined ? FAILOVER : CHAOS_FAILOVER },
        ...(billing === undefined ? {} : { [BILLING]: { instances: [billing], channels: ["telegram"] } }),
        [SALES]: {
          instances: sites.flatMap(({ name, link }) => (link === "chat" ? [name] : [])),
          ...{ agent: AGENT, channels: ["whatsapp"], failover: FAILOVER, notices: { unanswered: UNANSWERED } },
        },
      },
      rules: billing === undefined ? [] : [{ name: "invoices", when: { account: ACCOUNT, keywords: [BILLING_WORD] }, pool: BILLING }],
    },
    null,
    2,
  );
