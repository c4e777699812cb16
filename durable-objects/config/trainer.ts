/**
 * One training of a document's intents, from its text to what is to be decided about it. Between its steps everybody else on the thread
 * has a turn. Never throws.
 */
import type { trainInSteps } from "../../src/classify/intents/train.ts";
import { fail, ok } from "../../src/core/result.ts";
import { systemClock } from "../runtime.ts";
import { nameOf } from "./intents.ts";
import { judge, setIn } from "./judge.ts";
import type { ConfigState, TrainingEnded } from "./state.ts";

/** What an event is about, and the machine need not see. */
export interface Matter {
  readonly text: string;
  readonly artefact?: Uint8Array | undefined;
}

export type Train = typeof trainInSteps;

interface Watch {
  /** How much is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
  /** Between two steps, for what cannot wait; false when a newer document makes the rest of them void. */
  readonly pause: () => Promise<boolean>;
  /** Whose canaries it is judged with. */
  readonly state: () => ConfigState;
}

type Trained = Pick<TrainingEnded, "outcome"> & Pick<Matter, "artefact">;

export async function trainingOf(text: string, train: Train, { onProgress, pause, state }: Watch): Promise<Trained> {
  try {
    const steps = train(setIn(text), { onProgress });
    let step = steps.next();
    while (step.done !== true) {
      await systemClock.sleep(0);
      if (!(await pause())) return { outcome: fail("another document came") };
      step = steps.next();
    }
    return await judged(text, step.value, state());
  } catch (error) {
    return { outcome: fail(error instanceof Error ? error.message : String(error)) };
  }
}

async function judged(text: string, artefact: Uint8Array, state: ConfigState): Promise<Trained> {
  const verdict = judge(text, artefact, state);
  if (!verdict.ok) return { outcome: fail(verdict.issues[0]?.message ?? "") };
  return { artefact, outcome: ok({ verdict, model: await nameOf(artefact) }) };
}
