/** What to try once the journeys are over. Pure. */
import type { Paint } from "./paint.ts";

export interface Invited {
  readonly account: string;
  readonly whatsapp: string;
  /** The instance that has chat 42, when one has. */
  readonly owner: string | undefined;
  readonly pid: number | undefined;
  readonly edgeUrl: string;
  readonly adminToken: string;
  readonly routesFile: string;
  /** Undefined: the usual one. */
  readonly stateDir: string | undefined;
}

export function invitation(
  { account, whatsapp, owner, pid, edgeUrl, adminToken, routesFile, stateDir }: Invited,
  { strong, dim }: Paint,
): string {
  const line = (command: string, means?: string): string => `  ${strong(command)}${means === undefined ? "" : `\n      ${dim(means)}`}`;
  const elsewhere = stateDir === undefined ? "" : ` --state ${stateDir}`;
  const victim = owner === undefined ? "an instance" : `${owner}, which has chat 42,`;
  return [
    "",
    "It stays up; Ctrl-C ends everything. In another terminal:",
    "",
    line(
      `npm run say -- ${account} "where is my refund?"${elsewhere}`,
      "writes to the bot as chat 42 and tells the journey; --help shows chats, groups and topics",
    ),
    line(
      `npm run say -- ${whatsapp} "what is your pricing?"${elsewhere}`,
      "writes on WhatsApp, for which the edge asks an agent; --image sends a picture too",
    ),
    line(`kill -9 ${pid ?? "PID"}`, `${victim} dies: what you say then is held for 8 s, and moved; after 20 s the demo starts it again`),
    line(`edit ${routesFile}`, "takes effect in a second or two; a bad document never does"),
    line(`export CLAWEDGE_URL=${edgeUrl} CLAWEDGE_ADMIN_TOKEN=${adminToken}`, "for the command line:"),
    line(`npx clawedge routes explain --account ${account} --text "what do you charge for ten people?"`),
    line(`npx clawedge conversation show ${account}/chat/42`),
    "",
  ].join("\n");
}
