/** One request to a gateway, over a network that refuses, loses, delays, and loses answers. What the caller learns of it is an outcome. */
import type { Attempt, Entry } from "../../durable-objects/conversation/state.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { type Gateway, sorry } from "./gateway.ts";
import { strikes, type World } from "./world.ts";

export interface Request {
  /** What the instance knows it by. */
  readonly key: string;
  readonly entry: Entry;
  readonly attempt: Attempt;
  readonly conversation: string;
  readonly deadlineMs: number;
}

const REFUSED: Outcome = { kind: "unreachable", detail: "connection refused" };

export function exchange(world: World, gateway: Gateway, request: Request, done: (outcome: Outcome) => void): void {
  const { refuse, lose, delay, proxy } = world.plan.weather;
  let isOver = false;
  const finish = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    done(outcome);
  };
  world.agenda.after(request.deadlineMs, () => finish({ kind: "unknown", detail: "timeout" }));
  if (strikes(world, refuse)) {
    world.agenda.after(world.dice.between(1, 20), () => finish(REFUSED));
    return;
  }
  if (strikes(world, lose)) return;
  // A connection that is made late: its client may have given up by then, and the request arrives all the same.
  const onTheWayMs = strikes(world, delay) ? world.dice.between(100, request.deadlineMs + 4000) : world.dice.between(1, 20);
  world.agenda.after(onTheWayMs, () => {
    if (gateway.isDown) return finish(request.attempt.isOnce !== true && strikes(world, proxy) ? sorry(world) : REFUSED);
    gateway.receive(request, (outcome) => {
      if (strikes(world, lose)) return;
      world.agenda.after(world.dice.between(1, 20), () => finish(outcome));
    });
  });
}
