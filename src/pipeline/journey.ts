/**
 * The journey of a delivery, top to bottom: shield, verify, parse, admit, classify and route, commit. Nothing else decides the
 * order, and no platform is named here. It ends with the commit; delivery runs in the conversation object.
 */
import type { Channel, OpenSecret } from "../channels/channel.ts";
import type { Account } from "../core/account.ts";
import { textOf } from "../core/bytes.ts";
import { equalsSecret } from "../core/crypto.ts";
import type { Delivery } from "../core/delivery.ts";
import { parseJson } from "../core/json.ts";
import type { Parsed } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { traceIdOf } from "../core/trace-context.ts";
import type { Dice } from "../ports/dice.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { Shield } from "../ports/shield.ts";
import { type KeepPorts, keep } from "./keep.ts";
import type { Snapshot } from "./snapshot.ts";

export interface JourneyPorts extends KeepPorts {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly secrets: Secrets;
  readonly shield: Shield;
  readonly dice: Dice;
}

export interface Target {
  readonly channel: string;
  /** The account's name as it stands in the path. */
  readonly account: string;
  /** Address of the caller when the platform vouches for it. */
  readonly client?: string | undefined;
}

/** Ok means: answer 2xx with an empty body; everything the delivery carried is durable or has its terminal state. */
export async function accept(delivery: Delivery, target: Target, snapshot: Snapshot, ports: JourneyPorts): Promise<Result<void, Problem>> {
  const id = `${target.channel}:${target.account}`;
  const source = (): string => shieldSource(id, delivery, target.client);
  const retryAfterMs = ports.shield.isQuiet() ? undefined : ports.shield.refuses(source(), delivery.arrivedAtMs);
  if (retryAfterMs !== undefined) return fail({ kind: "shielded", account: id, retryAfterMs });

  const verified = await verify(delivery, id, { snapshot, ports });
  if (!verified.ok) {
    ports.shield.charge(source(), delivery.arrivedAtMs);
    return verified;
  }
  const { account, channel } = verified.value;
  const traceId = traceIdOf(delivery.headers.get("traceparent")) ?? ports.dice.hex(16);
  const parsed = parse(delivery, account, channel);
  if (!parsed.ok) return keep.rejected(parsed.problem, { account, delivery, traceId }, ports);

  for (const name of parsed.value.ignored) {
    const counted = await keep.ignored(name, { account, delivery, traceId }, ports);
    if (!counted.ok) return counted;
  }
  for (const message of parsed.value.messages) {
    const kept = await keep.message(message, { account, channel, delivery, traceId, snapshot }, ports);
    if (!kept.ok) return kept;
  }
  return ok(undefined);
}

/**
 * A source is an address together with what it claims: one wrong secret repeated is refused soon, and the genuine one never shares
 * its fate. The address alone would let anybody with a bot of his own turn the platform's addresses against us. The price: a flood
 * of ever new secrets costs one comparison each.
 */
function shieldSource(account: string, delivery: Delivery, client = ""): string {
  const claims = [...delivery.headers].filter(([name]) => /secret|signature|token/i.test(name)).map(([, value]) => value.slice(0, 64));
  return [account, client, ...claims].join(" ");
}

interface Verified {
  readonly account: Account;
  readonly channel: Channel;
}

/** An unknown account costs and answers the same as a wrong secret, so that accounts cannot be found out by trying. */
async function verify(
  delivery: Delivery,
  id: string,
  by: { readonly snapshot: Snapshot; readonly ports: JourneyPorts },
): Promise<Result<Verified, Problem>> {
  const account = by.snapshot.routes.accounts.get(id);
  const channel = account === undefined ? undefined : by.ports.channels.get(account.channel);
  if (account === undefined || channel === undefined) {
    await equalsSecret(id, "no such account");
    return fail({ kind: "unknown-account", account: id });
  }
  const secret: OpenSecret = (purpose) => {
    const variable = account.secrets[purpose];
    return variable === undefined ? undefined : by.ports.secrets.get(variable);
  };
  const verdict = await channel.verify(delivery, secret);
  return verdict.ok ? ok({ account, channel }) : fail({ kind: "unverified", account: id, reason: verdict.problem });
}

function parse(delivery: Delivery, account: Account, channel: Channel): Result<Parsed, Extract<Problem, { kind: "rejected" }>> {
  const text = textOf(delivery.body);
  if (text === undefined) return fail({ kind: "rejected", reason: "not-utf8", detail: "the body is not UTF-8" });
  const json = parseJson(text);
  if (!json.ok) return fail({ kind: "rejected", ...json.problem });
  const parsed = channel.parse(json.value, account, delivery.arrivedAtMs);
  return parsed.ok ? parsed : fail({ kind: "rejected", ...parsed.problem });
}
