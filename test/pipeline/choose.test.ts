/** Who gets a new conversation, where an instance takes the messages of some accounts only. */
import { expect, it } from "vitest";
import { choose } from "../../src/pipeline/deliver.ts";
import type { InstanceStatus, Instances } from "../../src/ports/instances.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const { routes } = loadForTest(validDocument);
const members = routes.pools.get("support")?.instances ?? [];
const [first = "", ...others] = members;

/** Who of them all is chosen for a hundred conversations. */
async function chosen(bent: Readonly<Record<string, Partial<InstanceStatus>>>): Promise<readonly string[]> {
  const well = { isHealthy: true, isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 };
  const status = async (names: readonly string[]) => names.map((name) => ({ name, ...well, ...bent[name] }));
  const asked = { pool: "support", account: "telegram:support", exclude: [] };
  const placed = Array.from({ length: 100 }, (_, index) =>
    choose(routes, { status } as unknown as Instances, { ...asked, conversation: `telegram:support/chat/${index}` }),
  );
  return [...new Set((await Promise.all(placed)).map(({ instance, held }) => instance ?? held))].toSorted();
}

const refuses = { refuses: ["telegram:support"] };
const out = { isHealthy: false };

it.each<[string, Readonly<Record<string, Partial<InstanceStatus>>>, readonly string[]]>([
  ["one that refuses the account gets nobody while another is well", { [first]: refuses }, others],
  ["one that refuses another account gets its share", { [first]: { refuses: ["telegram:sales"] } }, members],
  [
    "with nobody else it gets them rather than nobody",
    Object.fromEntries([[first, refuses], ...others.map((name) => [name, out])]),
    [first],
  ],
  ["all of them refuse: they are as well as each other", Object.fromEntries(members.map((name) => [name, refuses])), members],
  [
    "one that is out besides gets nobody",
    Object.fromEntries([[first, { ...out, ...refuses }], ...others.map((name) => [name, out])]),
    ["no instance is healthy"],
  ],
])("%s", async (_, bent, expected) => expect(await chosen(bent)).toEqual([...expected].toSorted()));
