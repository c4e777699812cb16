/** The secrets of one run of this proof, made up anew each time, and the variables in which the edge finds them. */
import { randomBytes } from "node:crypto";
import { gatewayTokenVar, listenerSecretVar, type Site, TOKEN_VAR, WEBHOOK_SECRET_VAR, WHATSAPP_VARS } from "./routes.ts";

export interface Settings {
  readonly realToken: string;
  readonly adminToken: string;
  /** The name under which the edge comes to a gateway that it asks: nobody guesses it. */
  readonly edgeUser: string;
  readonly whatsapp: { readonly app: string; readonly verify: string; readonly token: string };
  /** By variable: of the bot's webhook and of each gateway's listener. */
  readonly webhookSecrets: Readonly<Record<string, string>>;
  /** By variable: with which the edge may ask a listening gateway to suspend itself. */
  readonly gatewayTokens: Readonly<Record<string, string>>;
}

export const secret = (): string => randomBytes(24).toString("base64url");

const listenerSecrets = (sites: readonly Site[]) =>
  Object.fromEntries(sites.flatMap(({ name, link }) => (link === "native" ? [[listenerSecretVar(name), secret()]] : [])));

const gatewayTokens = (sites: readonly Site[]) =>
  Object.fromEntries(sites.flatMap(({ name, link }) => (link === "native" ? [[gatewayTokenVar(name), secret()]] : [])));

export const newSettings = (sites: readonly Site[]): Settings => ({
  realToken: `4242:${secret()}`,
  adminToken: secret(),
  edgeUser: `clawedge-${randomBytes(12).toString("hex")}`,
  whatsapp: { app: secret(), verify: secret(), token: secret() },
  webhookSecrets: { [WEBHOOK_SECRET_VAR]: secret(), ...listenerSecrets(sites) },
  gatewayTokens: gatewayTokens(sites),
});

/** Where the stand-ins for the platforms listen. */
export interface Platforms {
  readonly telegramUrl: string;
  readonly graphUrl: string;
}

export const varsOf = (
  { realToken, adminToken, whatsapp, webhookSecrets, gatewayTokens }: Settings,
  at: Platforms,
): Readonly<Record<string, string>> => ({
  ...webhookSecrets,
  ...gatewayTokens,
  [TOKEN_VAR]: realToken,
  [WHATSAPP_VARS.app]: whatsapp.app,
  [WHATSAPP_VARS.verify]: whatsapp.verify,
  [WHATSAPP_VARS.token]: whatsapp.token,
  ADMIN_TOKEN: adminToken,
  TELEGRAM_API_BASE: at.telegramUrl,
  WHATSAPP_API_BASE: at.graphUrl,
});
