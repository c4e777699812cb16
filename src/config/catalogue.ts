/** What the composition root knows and a routes document refers to by name: channels and strategies. Handed in, so that this room imports neither. */
import type * as z from "zod/mini";
import type { Account } from "../core/account.ts";
import type { LinkName } from "../core/link-name.ts";
import type { ConfigIssue } from "./issue.ts";
import type { RoutesDocument } from "./schema.ts";

export interface Catalogue {
  /** Built channels, each with the fields that only its accounts have. */
  readonly channels: ReadonlyMap<string, z.ZodMiniObject>;
  /** Built channels to the links that can carry their messages: every instance of a pool they reach must have one. */
  readonly links: ReadonlyMap<string, readonly LinkName[]>;
  /** Built channels whose platforms name the account that a message is for, to that name: no two accounts may share one. */
  readonly addresses: ReadonlyMap<string, (account: Account) => string | undefined>;
  /** Channels that are planned: their accounts validate with a warning. */
  readonly planned: ReadonlySet<string>;
  /** Strategies, each with its options. */
  readonly strategies: ReadonlyMap<string, z.ZodMiniObject>;
  /** Accounts that are not looked at and not served, because they do not load in this build. */
  readonly setAside?: ReadonlySet<string>;
  /** Why a rule's pattern cannot be used, or undefined. */
  readonly patternProblem: (pattern: string) => string | undefined;
  /** Why a rule's keyword can never be found, or undefined. */
  readonly keywordProblem: (keyword: string) => string | undefined;
}

/** One semantic check of a whole document against what this build knows. */
export type Check = (document: RoutesDocument, catalogue: Catalogue) => readonly ConfigIssue[];

export const isSetAside = (account: string, { setAside }: Catalogue): boolean => setAside?.has(account) === true;
