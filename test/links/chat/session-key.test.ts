/** The name a gateway remembers a conversation by. Every literal here is a promise: whoever changes one makes agents forget people. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SessionFacts, sessionKey } from "../../../src/links/chat/session-key.ts";

const facts = (change: Partial<SessionFacts> = {}): SessionFacts => ({
  agent: "sales-public",
  channel: "whatsapp",
  chatKind: "direct",
  session: "whatsapp:sales/chat/491701234567",
  ...change,
});

it.each<[Partial<SessionFacts>, string]>([
  [{}, "agent:sales-public:whatsapp:direct:sales/chat/491701234567"],
  [{ session: "whatsapp:sales/sender/491701234567" }, "agent:sales-public:whatsapp:direct:sales/sender/491701234567"],
  [{ session: "whatsapp:sales/chat/US.13491208655302741918" }, "agent:sales-public:whatsapp:direct:sales/chat/~u~s.13491208655302741918"],
  [{ session: "person/alice" }, "agent:sales-public:direct:person/alice"],
  [{ session: "person/alice", channel: "telegram" }, "agent:sales-public:direct:person/alice"],
  [{ agent: undefined }, "whatsapp:direct:sales/chat/491701234567"],
  [{ agent: "Sales" }, "agent:sales:whatsapp:direct:sales/chat/491701234567"],
  [
    { channel: "telegram", chatKind: "group", session: "telegram:support/chat/-1001234/topic/5" },
    "agent:sales-public:telegram:group:support/chat/-1001234/topic/5",
  ],
  [{ session: "whatsapp:sales/chat/a:thread:b" }, "agent:sales-public:whatsapp:direct:sales/chat/a=003athread=003ab"],
  [{ session: "whatsapp:sales/chat/%C3%A9~=" }, "agent:sales-public:whatsapp:direct:sales/chat/=0025~c3=0025~a9=007e=003d"],
])("%j is %s", (change, expected) => {
  expect(sessionKey(facts(change))).toBe(expected);
});

describe("any conversation", () => {
  const name = fc.string({
    unit: fc.oneof(
      fc.constantFrom("whatsapp:", "person/", ":", "~", "=", "/", "a", "A", "b", "B", "0", "%", "direct", "é", "É"),
      fc.string({ unit: "binary", maxLength: 2 }),
    ),
    maxLength: 5,
  });

  it("has a key of its own, also where a gateway folds keys to lower case", () =>
    fc.assert(
      fc.property(name, name, (left, right) => {
        const [one, other] = [left, right].map((session) => sessionKey(facts({ session })).toLowerCase());
        expect(one === other).toBe(left === right);
      }),
      { numRuns: 2000 },
    ));

  it("has a key that can stand in a header, with no more parts than it should have", () =>
    fc.assert(
      fc.property(name, (session) => {
        expect(sessionKey(facts({ session }))).toMatch(/^agent:sales-public:(?:whatsapp:)?direct:[a-z0-9._/@+=~-]*$/);
      }),
    ));
});
