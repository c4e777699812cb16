/**
 * Whether a call is a platform's: the flood shield, then the channel's own proof over the raw bytes, before anything is parsed. Also
 * for the platform that asks first whether the address is ours.
 */
import type { Channel, OpenSecret } from "../channels/channel.ts";
import type { Account } from "../core/account.ts";
import { equalsSecret } from "../core/crypto.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { Shield } from "../ports/shield.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Target {
  readonly channel: string;
  /** The account's name as it stands in the path. */
  readonly account: string;
  /** Address of the caller when the platform vouches for it. */
  readonly client?: string | undefined;
}

export interface VerifyPorts {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly secrets: Secrets;
  readonly shield: Shield;
}

interface By {
  readonly snapshot: Snapshot;
  readonly ports: VerifyPorts;
}

export interface Verified {
  readonly account: Account;
  readonly channel: Channel;
}

export const verify = (delivery: Delivery, target: Target, by: By): Promise<Result<Verified, Problem>> =>
  shielded(delivery, target, by, async () => {
    const known = await lookUp(target, by);
    if (!known.ok) return known;
    const verdict = await known.value.channel.verify(delivery, openerOf(known.value.account, by.ports));
    return verdict.ok ? known : fail({ kind: "unverified", account: known.value.account.id, reason: verdict.problem });
  });

/** The text a platform's first question is answered with. */
export const greet = (delivery: Delivery, target: Target, by: By): Promise<Result<string, Problem>> =>
  shielded(delivery, target, by, async () => {
    const known = await lookUp(target, by);
    if (!known.ok) return known;
    const { account, channel } = known.value;
    if (channel.handshake === undefined) return fail({ kind: "unverified", account: account.id, reason: "missing" });
    const answer = await channel.handshake(new URL(delivery.url).searchParams, openerOf(account, by.ports));
    return answer.ok ? ok(answer.value) : fail({ kind: "unverified", account: account.id, reason: answer.problem });
  });

async function shielded<Value>(
  delivery: Delivery,
  target: Target,
  { ports }: By,
  attempt: () => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  const account = idOf(target);
  const source = (): string => shieldSource(account, delivery, target.client);
  const retryAfterMs = ports.shield.isQuiet() ? undefined : ports.shield.refuses(source(), delivery.arrivedAtMs);
  if (retryAfterMs !== undefined) return fail({ kind: "shielded", account, retryAfterMs });
  const result = await attempt();
  if (!result.ok) ports.shield.charge(source(), delivery.arrivedAtMs);
  return result;
}

const idOf = ({ channel, account }: Target): string => `${channel}:${account}`;

/**
 * A source is an address together with what it does and claims: one wrong secret repeated is refused soon, and the genuine one never
 * shares its fate, nor does a platform's first question that of a stranger's deliveries. The address alone would let anybody with a
 * bot of his own turn the platform's addresses against us. The price: a flood of ever new secrets costs one comparison each.
 */
function shieldSource(account: string, { method, url, headers }: Delivery, client = ""): string {
  const given = [...headers, ...new URL(url).searchParams];
  const claims = given.filter(([name]) => /secret|signature|token/i.test(name)).map(([, value]) => value.slice(0, 64));
  return [method, account, client, ...claims].join(" ");
}

/** An unknown account costs and answers the same as a wrong secret, so that accounts cannot be found out by trying. */
async function lookUp(target: Target, { snapshot, ports }: By): Promise<Result<Verified, Problem>> {
  const id = idOf(target);
  const account = snapshot.routes.accounts.get(id);
  const channel = account === undefined ? undefined : ports.channels.get(account.channel);
  if (account !== undefined && channel !== undefined) return ok({ account, channel });
  await equalsSecret(id, "no such account");
  return fail({ kind: "unknown-account", account: id });
}

const openerOf =
  (account: Account, { secrets }: VerifyPorts): OpenSecret =>
  (purpose) => {
    const variable = account.secrets[purpose];
    return variable === undefined ? undefined : secrets.get(variable);
  };
