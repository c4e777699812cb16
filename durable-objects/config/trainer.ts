/** One training of a document's intents, from its text to what is to be decided about it. Takes the time of the core it runs on; never throws. */
import type { train } from "../../src/classify/intents/train.ts";
import { fail, ok } from "../../src/core/result.ts";
import { nameOf } from "./intents.ts";
import { judge, trained } from "./judge.ts";
import type { TrainingEnded } from "./state.ts";

/** What an event is about, and the machine need not see. */
export interface Matter {
  readonly text: string;
  readonly artefact?: Uint8Array | undefined;
}

export async function trainingOf(text: string, how: typeof train): Promise<Pick<TrainingEnded, "outcome"> & Pick<Matter, "artefact">> {
  try {
    const artefact = trained(text, how);
    const verdict = judge(text, artefact);
    if (!verdict.ok) return { outcome: fail(verdict.issues[0]?.message ?? "") };
    return { artefact, outcome: ok({ verdict, model: await nameOf(artefact) }) };
  } catch (error) {
    return { outcome: fail(error instanceof Error ? error.message : String(error)) };
  }
}
