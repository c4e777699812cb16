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
import type { Message, Parsed } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { traceIdOf } from "../core/trace-context.ts";
import type { Dice } from "../ports/dice.ts";
import { type Admission, overloaded } from "./admission.ts";
import { type KeepPorts, keep, type Setting } from "./keep.ts";
import { accountAt, FOREIGN } from "./siblings.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Turns } from "./turns.ts";
import { type Target, type Verified, type VerifyPorts, verify } from "./verify.ts";

export interface JourneyPorts extends KeepPorts, VerifyPorts {
  readonly dice: Dice;
  readonly admission: Admission;
  readonly turns: Turns;
}

/** Ok means: answer 2xx with an empty body; everything the delivery carried is durable or has its terminal state. */
export async function accept(delivery: Delivery, target: Target, snapshot: Snapshot, ports: JourneyPorts): Promise<Result<void, Problem>> {
  const verified = await verify(delivery, target, { snapshot, ports });
  if (!verified.ok) return verified;
  const { account } = verified.value;
  const stay = ports.admission.enter(account.id, ports.clock.nowMs());
  if (stay === undefined) return fail(overloaded(account.id, ports.dice));
  try {
    const turn = await ports.turns.take(account.id, ports.clock);
    if (turn === undefined) return fail(overloaded(account.id, ports.dice));
    return await keepVerified(delivery, verified.value, snapshot, ports).finally(turn.end);
  } finally {
    ports.admission.leave(stay);
  }
}

async function keepVerified(
  delivery: Delivery,
  { account, channel }: Verified,
  snapshot: Snapshot,
  ports: JourneyPorts,
): Promise<Result<void, Problem>> {
  const traceId = traceIdOf(delivery.headers.get("traceparent")) ?? ports.dice.hex(16);
  const parsed = parse(delivery, account, channel);
  if (!parsed.ok) return keep.rejected(parsed.problem, { account, delivery, traceId }, ports);

  return keepAll(parsed.value, { account, channel, delivery, traceId, snapshot }, ports);
}

/** A chat is a lane: what it holds is kept in its order, and one lane's trouble is no other's. */
const laneOf = ({ address, chat }: Message): string => JSON.stringify([address, chat.id, chat.thread, chat.connection]);

/**
 * Moves before messages, so that these find the pins; statuses last, for they are about what was said earlier. Everything is tried,
 * and the first that could not be kept makes the platform bring the delivery again: what was kept is known then.
 */
async function keepAll(parsed: Parsed, home: Setting, ports: JourneyPorts): Promise<Result<void, Problem>> {
  const { ignored, messages, moves = [], statuses = [] } = parsed;
  const keepOne = (message: Message): Kept => atHome(message.address, home, ports, (setting) => keep.message(message, setting, ports));
  const [only, another] = messages;
  if (only !== undefined && another === undefined && ignored.length + moves.length + statuses.length === 0) return keepOne(only);

  const lanes = [...Map.groupBy(messages, laneOf).values()];
  const results = [
    ...(await inTurn(ignored, (name) => keep.ignored(name, home, ports))),
    ...(await inTurn(moves, (move) => atHome(move.address, home, ports, (setting) => keep.move(move, setting, ports)))),
    ...(await Promise.all(lanes.map((lane) => untilFailure(lane, keepOne)))),
    ...(await inTurn(byAddress(statuses), ([address, some]) =>
      atHome(address, home, ports, (setting) => keep.statuses(some, setting, ports)),
    )),
  ];
  return results.find((result) => !result.ok) ?? ok(undefined);
}

async function inTurn<Thing>(things: readonly Thing[], act: (thing: Thing) => Kept): Promise<readonly Result<void, Problem>[]> {
  const results: Result<void, Problem>[] = [];
  for (const thing of things) results.push(await act(thing));
  return results;
}

/** Past a message that could not be kept nothing of its chat may go first. */
async function untilFailure<Thing>(things: readonly Thing[], act: (thing: Thing) => Kept): Kept {
  for (const thing of things) {
    const result = await act(thing);
    if (!result.ok) return result;
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
