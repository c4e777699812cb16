/** An account's webhook at its platform: shown, set and checked. What stood there before is kept before it is replaced. */
import type { Registration, WebhookDifference, WebhookState } from "../../src/channels/registration.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Log } from "../../src/ports/log.ts";
import type { Secrets } from "../../src/ports/secrets.ts";
import { type CallPorts, type Connection, callPlatform, type PlatformProblem } from "./platform.ts";
import type { BotStorage } from "./storage.ts";

export interface PreviousWebhook {
  readonly fields: WebhookState["fields"];
  readonly atMs: number;
}

export interface WebhookReport {
  readonly expected: WebhookState;
  readonly actual: WebhookState;
  /** Every field in which the platform differs from what it should have. */
  readonly differences: readonly WebhookDifference[];
  readonly pendingCount?: number;
  readonly lastError?: { readonly message: string; readonly atMs: number };
  /** What was there before this edge set it. */
  readonly previous?: PreviousWebhook;
}

export type WebhookAnswer = Result<WebhookReport, PlatformProblem>;

export interface WebhookDesk extends CallPorts {
  readonly connection: Connection;
  readonly publicUrl: string;
  readonly storage: BotStorage;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly nowMs: number;
}

const unconfigured = (detail: string) => fail<PlatformProblem>({ kind: "unconfigured", detail });

export async function showWebhook(desk: WebhookDesk): Promise<WebhookAnswer> {
  const { channel, account } = desk.connection;
  const { registration } = channel;
  if (registration === undefined) return unconfigured(`the webhook of a ${channel.name} account is set by hand`);
  const actual = await readBack(desk, registration);
  if (!actual.ok) return actual;
  const expected = registration.expected(account, desk.publicUrl);
  const { pendingCount, lastError } = actual.value;
  const previous = desk.storage.fact("previous-webhook");
  return ok({
    expected,
    actual: actual.value,
    differences: registration.differences(expected, actual.value),
    ...(pendingCount === undefined ? {} : { pendingCount }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(previous === undefined ? {} : { previous }),
  });
}

/**
 * Sets what should be there and reads it back. Setting is done even when nothing seems to differ, because the platform never
 * shows its secret; what was there before is remembered only when it was something else.
 */
export async function setWebhook(desk: WebhookDesk): Promise<WebhookAnswer> {
  const { channel, account } = desk.connection;
  const { registration } = channel;
  if (registration === undefined) return unconfigured(`the webhook of a ${channel.name} account is set by hand`);
  const variable = account.secrets[registration.purpose] ?? "";
  const secret = desk.secrets.get(variable);
  if (secret === undefined) return unconfigured(`the variable ${variable} is not set`);

  const before = await showWebhook(desk);
  if (!before.ok) return before;
  if (before.value.differences.length > 0) {
    desk.storage.keepFact("previous-webhook", { fields: before.value.actual.fields, atMs: desk.nowMs });
  }

  const done = await callPlatform(desk.connection, registration.set(account, desk.publicUrl, secret.open()), desk);
  return done.ok ? showWebhook(desk) : done;
}

/** For a schedule: says so in the log when what differs has changed since the last check, and only then. */
export async function checkWebhook(desk: WebhookDesk): Promise<WebhookAnswer> {
  const report = await showWebhook(desk);
  if (!report.ok) return report;
  const fields = report.value.differences.map(({ field }) => field).toSorted();
  const known = desk.storage.fact("drift") ?? [];
  if (fields.join() === known.join()) return report;
  desk.storage.keepFact("drift", fields);
  const account = desk.connection.account.id;
  if (fields.length > 0) desk.log.write({ level: "warn", event: "webhook.drifted", account, fields });
  else desk.log.write({ level: "info", event: "webhook.restored", account });
  return report;
}

async function readBack(desk: WebhookDesk, registration: Registration): Promise<Result<WebhookState, PlatformProblem>> {
  const result = await callPlatform(desk.connection, registration.show, desk);
  return result.ok ? ok(registration.read(result.value)) : result;
}
