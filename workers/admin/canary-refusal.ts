/** Why an instance cannot be tried out in a pool: nobody finds that out by a person's message. Reads what is in force, and asks nobody. */
import { catalogue } from "../../durable-objects/config/catalogue.ts";
import { channels } from "../../src/channels/registry.ts";
import { canReach } from "../../src/config/ids.ts";
import { checkMeaning } from "../../src/config/meaning.ts";
import type { Routes } from "../../src/config/routes.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";

type Listed = Routes["document"]["pools"][string];

/** `listed`: the pool as the document has it. */
export function canaryRefusal(routes: Routes, pool: string, listed: Listed, instance: string): string | undefined {
  const rest = listed.instances.filter((name) => name !== instance);
  if (rest.length === 0) return "The pool has no other instance to compare it with.";
  const lacking = lackingIn(routes, pool, listed);
  const unlinked = lacking([instance]);
  if (unlinked !== undefined) return `It has no link for ${unlinked}, whose messages can reach the pool.`;
  const alone = lacking(rest);
  if (alone !== undefined) return `No other has a link for ${alone}, whose messages can reach the pool: most of them would wait.`;
  const errorsWith = errorsIn(routes, pool, listed);
  const before = new Set(errorsWith(listed.instances));
  const joined = rest.length < listed.instances.length ? listed.instances : [...rest, instance];
  // What a document must not say, this must not do: authority over /v1 and whatever else is checked of members.
  const broken = [joined, rest].flatMap(errorsWith).find((one) => !before.has(one));
  return broken === undefined ? undefined : `With it, or with the others alone, the pool would break the document: ${broken}.`;
}

/** The first account whose messages can reach the pool and none of these takes. Of a channel that is not built there are none. */
function lackingIn(routes: Routes, pool: string, listed: Listed) {
  const accounts = [...routes.accounts.values()].filter(({ channel }) => channels.has(channel));
  const reaching = accounts.map(({ id }) => id).filter((id) => canReach(routes.document, id, pool, listed));
  return (names: readonly string[]) => reaching.find((id) => names.every((name) => linkOf(routes, name, id) === undefined));
}

/** Checked as a value: as text it is longer than it was, by all its defaults. An old document may have errors that are not the canary's. */
function errorsIn({ document }: Routes, pool: string, listed: Listed) {
  return (instances: readonly string[]) =>
    checkMeaning({ ...document, pools: { ...document.pools, [pool]: { ...listed, instances: [...instances] } } }, catalogue)
      .filter(({ level }) => level === "error")
      .map(({ path, message }) => `${path}: ${message}`);
}
