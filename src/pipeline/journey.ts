/**
 * The journey of a delivery, top to bottom: shield, verify, parse, admit, classify and route, commit. Nothing else decides the
 * order, and no platform is named here. It ends with the commit; delivery runs in the conversation object.
 */
import type { Channel } from "../channels/channel.ts";
import type { Account } from "../core/account.ts";
import { textOf } from "../core/bytes.ts";
import type { Delivery } from "../core/delivery.ts";
import type { DeliveryStatus } from "../core/delivery-status.ts";
import { parseJson } from "../core/json.ts";
import type { Parsed } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { traceIdOf } from "../core/trace-context.ts";
import type { Dice } from "../ports/dice.ts";
import { type KeepPorts, keep, type Setting } from "./keep.ts";
import { accountAt, FOREIGN } from "./siblings.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Target, type VerifyPorts, verify } from "./verify.ts";

export interface JourneyPorts extends KeepPorts, VerifyPorts {
  readonly dice: Dice;
}

/** Ok means: answer 2xx with an empty body; everything the delivery carried is durable or has its terminal state. */
export async function accept(delivery: Delivery, target: Target, snapshot: Snapshot, ports: JourneyPorts): Promise<Result<void, Problem>> {
  const verified = await verify(delivery, target, { snapshot, ports });
  if (!verified.ok) return verified;
  const { account, channel } = verified.value;
  const traceId = traceIdOf(delivery.headers.get("traceparent")) ?? ports.dice.hex(16);
  const parsed = parse(delivery, account, channel);
  if (!parsed.ok) return keep.rejected(parsed.problem, { account, delivery, traceId }, ports);

  return keepAll(parsed.value, { account, channel, delivery, traceId, snapshot }, ports);
}

/** Moves before messages, so that these find the pins; statuses last, for they are about what was said earlier. */
async function keepAll(parsed: Parsed, home: Setting, ports: JourneyPorts): Promise<Result<void, Problem>> {
  const { moves = [], messages, statuses = [] } = parsed;
  const steps: readonly (() => Promise<Result<void, Problem>>)[] = [
    ...parsed.ignored.map((name) => () => keep.ignored(name, home, ports)),
    ...moves.map((move) => () => atHome(move.address, home, ports, (setting) => keep.move(move, setting, ports))),
    ...messages.map((message) => () => atHome(message.address, home, ports, (setting) => keep.message(message, setting, ports))),
    ...byAddress(statuses).map(
      ([address, some]) =>
        () =>
          atHome(address, home, ports, (setting) => keep.statuses(some, setting, ports)),
    ),
  ];
  for (const step of steps) {
    const kept = await step();
    if (!kept.ok) return kept;
  }
  return ok(undefined);
}

type Kept = Promise<Result<void, Problem>>;

/** The account a part of the delivery is about; a stranger's part is acknowledged by name, and nobody gets it. */
function atHome(address: string | undefined, home: Setting, ports: JourneyPorts, act: (setting: Setting) => Kept): Kept {
  const account = accountAt(address, home);
  return account === undefined ? keep.ignored(FOREIGN, home, ports) : act({ ...home, account });
}

const byAddress = (statuses: readonly DeliveryStatus[]): readonly (readonly [string | undefined, readonly DeliveryStatus[]])[] => [
  ...Map.groupBy(statuses, ({ address }) => address),
];

function parse(delivery: Delivery, account: Account, channel: Channel): Result<Parsed, Extract<Problem, { kind: "rejected" }>> {
  const text = textOf(delivery.body);
  if (text === undefined) return fail({ kind: "rejected", reason: "not-utf8", detail: "the body is not UTF-8" });
  const json = parseJson(text);
  if (!json.ok) return fail({ kind: "rejected", ...json.problem });
  const parsed = channel.parse(json.value, account, delivery.arrivedAtMs);
  return parsed.ok ? parsed : fail({ kind: "rejected", ...parsed.problem });
}
