/** Which of many messages two documents send to different pools: both routers asked, as production asks them. Reads no file, prints nothing. */
import type { Account } from "../../src/core/account.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { type ExplainInput, type ExplainParts, explainSchema, messageOf } from "../../src/routing/explain.ts";
import type { Decision } from "../../src/routing/router.ts";
import { isRecord } from "../intents/jsonl.ts";

export interface Sample {
  readonly line: number;
  readonly input: Omit<ExplainInput, "account">;
  readonly account?: string;
  readonly channel?: string;
}

export interface Moved {
  readonly line: number;
  readonly text: string;
  /** The rules that decided. */
  readonly rules: readonly [old: string, new: string];
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly examples: readonly Moved[];
}

export interface Diff {
  readonly messages: number;
  readonly changed: number;
  /** What is taken for the account of a message that names none. */
  readonly account: string;
  /** The most frequent first. */
  readonly moves: readonly Move[];
}

const FIELDS = ["text", "chat", "sender", "language", "command", "isAddressed"] as const;

/** Other fields are whatever the file was made from, and not asked about. */
export function readSample(value: unknown, line: number): Result<Sample, string> {
  if (!isRecord(value) || typeof value["text"] !== "string") return fail('has no "text"');
  const given = FIELDS.flatMap((name) => (value[name] === undefined || value[name] === null ? [] : [[name, value[name]] as const]));
  const checked = explainSchema.safeParse({ account: "", ...Object.fromEntries(given) });
  if (!checked.success) return fail(`"${String(checked.error.issues[0]?.path[0])}" is not understood`);
  const { account: _, ...input } = checked.data as ExplainInput;
  const named = [value["account"], value["channel"]] as const;
  if (named.some((name) => name !== undefined && typeof name !== "string")) return fail('"account" or "channel" is not a name');
  return ok({
    line,
    input,
    ...(typeof named[0] === "string" ? { account: named[0] } : {}),
    ...(typeof named[1] === "string" ? { channel: named[1] } : {}),
  });
}

export interface Sides {
  readonly old: ExplainParts;
  readonly new: ExplainParts;
  /** Of messages that name neither account nor channel. */
  readonly account: string;
}

const EXAMPLES = 3;

export function diffOf(samples: readonly Sample[], sides: Sides): Result<Diff, string> {
  const moves = new Map<string, { readonly from: string; readonly to: string; count: number; readonly examples: Moved[] }>();
  let changed = 0;
  for (const sample of samples) {
    const accounts = accountsOf(sample, sides);
    if (!accounts.ok) return accounts;
    const before = routed(sample, sides.old, accounts.value[0]);
    const after = routed(sample, sides.new, accounts.value[1]);
    if (before.to === after.to) continue;
    changed += 1;
    const key = JSON.stringify([before.to, after.to]);
    const move = moves.get(key) ?? { from: before.to, to: after.to, count: 0, examples: [] };
    moves.set(key, move);
    move.count += 1;
    if (move.examples.length < EXAMPLES) {
      move.examples.push({ line: sample.line, text: sample.input.text ?? "", rules: [before.rule, after.rule] });
    }
  }
  const sorted = [...moves.values()].sort((left, right) => right.count - left.count);
  return ok({ messages: samples.length, changed, account: sides.account, moves: sorted });
}

type Accounts = readonly [old: Account | undefined, new: Account | undefined];

function accountsOf({ line, account, channel }: Sample, sides: Sides): Result<Accounts, string> {
  const name = account ?? (channel === undefined ? sides.account : firstOf(channel, sides));
  if (name === undefined) return fail(`line ${line}: neither document has an account of the channel ${channel}`);
  const both = [sides.old.routes.accounts.get(name), sides.new.routes.accounts.get(name)] as const;
  if (both[0] === undefined && both[1] === undefined) return fail(`line ${line}: neither document has an account that is called ${name}`);
  return ok(both);
}

const firstOf = (channel: string, sides: Sides): string | undefined =>
  [sides.old, sides.new].flatMap(({ routes }) => [...routes.accounts.values()]).find((account) => account.channel === channel)?.id;

function routed({ input }: Sample, { router }: ExplainParts, account: Account | undefined): { readonly to: string; readonly rule: string } {
  if (account === undefined) return { to: "(no such account)", rule: "-" };
  const decision = router.route(messageOf({ ...input, account: account.id }), account);
  return { to: destination(decision), rule: decision.rule };
}

const destination = ({ pool, keepsPool }: Decision): string => (keepsPool ? `its own pool, else ${pool}` : pool);
