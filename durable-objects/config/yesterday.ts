/**
 * A document that was accepted once, read again, perhaps by newer code that is stricter. One that does not load any more must not take
 * down what has nothing to do with the reason: it is read without the accounts that do not load. Never used for a document that is offered.
 */
import type { ConfigIssue } from "../../src/config/issue.ts";
import { parseJsonc } from "../../src/config/jsonc.ts";
import type { LoadedRoutes } from "../../src/config/load.ts";
import { ok, type Result } from "../../src/core/result.ts";

type Loaded = Result<LoadedRoutes, readonly ConfigIssue[]>;
/** Reads the document as if these accounts were not built yet. */
type Load = (setAside: ReadonlySet<string>) => Loaded;

export interface Kept extends LoadedRoutes {
  readonly setAside: readonly string[];
  /** Why it does not load as it is. */
  readonly issues: readonly ConfigIssue[];
}

/** Issues are told a hundred at a time: with more bad accounts than a few hundred a document is past mending here. */
const MAX_ROUNDS = 4;
const ACCOUNT = /^accounts\.([^.[]+)/;

/** First without the accounts that are blamed by name, then without one whole channel; the problem is why it does not load as it is. */
export function readKept(text: string, load: Load): Result<Kept, readonly ConfigIssue[]> {
  const whole = load(new Set());
  if (whole.ok) return ok({ ...whole.value, setAside: [], issues: [] });
  const all = accountsIn(text);
  const { aside, loaded } = withoutBlamed(all, whole, load);
  const attempts = loaded.ok ? [aside] : channelsIn(all).map((channel) => new Set([...aside, ...all.filter((id) => isOf(id, channel))]));
  for (const setAside of attempts) {
    const mended = setAside.size < all.length ? load(setAside) : whole;
    if (mended.ok) return ok({ ...mended.value, setAside: [...setAside], issues: whole.problem });
  }
  return whole;
}

function withoutBlamed(all: readonly string[], whole: Loaded, load: Load) {
  let aside: ReadonlySet<string> = new Set();
  let loaded = whole;
  for (let round = 0; round < MAX_ROUNDS && !loaded.ok; round += 1) {
    const blamed = loaded.problem.filter(({ level }) => level === "error").map(({ path }) => ACCOUNT.exec(path)?.[1] ?? "");
    const next = new Set([...aside, ...all.filter((id) => blamed.includes(id))]);
    if (next.size === aside.size) break;
    aside = next;
    loaded = load(aside);
  }
  return { aside, loaded };
}

const isOf = (id: string, channel: string): boolean => id.startsWith(`${channel}:`);
const channelsIn = (accounts: readonly string[]): readonly string[] => [...new Set(accounts.map((id) => id.split(":", 1)[0] ?? ""))];

function accountsIn(text: string): readonly string[] {
  const parsed = parseJsonc(text);
  const accounts: unknown = parsed.ok ? Object.getOwnPropertyDescriptor(Object(parsed.value), "accounts")?.value : undefined;
  return typeof accounts === "object" && accounts !== null ? Object.keys(accounts) : [];
}
