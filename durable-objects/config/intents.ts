/** What a document's intents need before it can be in force: an artefact of just these, or examples few enough to learn from right here. */
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import { type ConfigIssue, error } from "../../src/config/issue.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { hasIntents, trainingSetOf } from "../../src/config/training-set-of.ts";
import { base64url, utf8 } from "../../src/core/bytes.ts";
import { sha256 } from "../../src/core/crypto.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";

/**
 * Learned from in three seconds or six, by steps of one at most; each text is learned against all intents. More would hold up whatever
 * else runs beside the object.
 */
const MAX_INTENTS_TRAINED_HERE = 200;
const MAX_TRAINED_HERE = 2000;
const MAX_BYTES_TRAINED_HERE = 200 * 1024;

/** A model, none because none is needed, or why not. */
export type Opened = Result<IntentModel | undefined, string>;

export const NONE: Opened = ok(undefined);
export const NO_MODEL = "intents: this copy comes without a model of them";

/** An artefact is called by what it is: whoever reads one knows that it is the one that was meant. */
export const nameOf = async (artefact: Uint8Array): Promise<string> => base64url(await sha256(artefact as Uint8Array<ArrayBuffer>));

/** Bytes that agree with their own checksum and are still nonsense must not be able to stop anybody. */
export function open(artefact: Uint8Array): Opened {
  try {
    const opened = openArtefact(artefact);
    return opened.ok ? opened : fail(`intents: ${opened.problem}`);
  } catch (error) {
    return fail(`intents: the artefact cannot be read: ${String(error)}`);
  }
}

/** Of a document that comes with an artefact, or without. */
export const openedAs = (artefact: Uint8Array | undefined): Opened => (artefact === undefined ? NONE : open(artefact));

/** The artefact, if this build can open it. */
export const usable = (artefact: Uint8Array | undefined): Uint8Array | undefined =>
  artefact !== undefined && open(artefact).ok ? artefact : undefined;

/** The model, if it is of the document's intents, in their order. */
export function fitting(document: RoutesDocument, opened: Opened): Opened {
  if (!opened.ok) return opened;
  const names = Object.keys(document.intents);
  const { names: known } = opened.value ?? { names: [] };
  if (opened.value === undefined && names.length > 0) return fail(NO_MODEL);
  const isSame = names.length === known.length && names.every((name, index) => name === known[index]);
  return isSame ? opened : fail("intents: the artefact was trained from another document");
}

/** Undefined when it can be in force as it is; else what is to be learned from first. */
export function toTrain(document: RoutesDocument, artefact?: Uint8Array): Result<TrainingSet | undefined, readonly ConfigIssue[]> {
  if (artefact === undefined) return hasIntents(document) ? smallSetOf(document) : ok(undefined);
  const fits = fitting(document, open(artefact));
  return fits.ok ? ok(undefined) : fail([error(["intents"], fits.problem.replace("intents: ", ""))]);
}

function smallSetOf(document: RoutesDocument): Result<TrainingSet, readonly ConfigIssue[]> {
  const set = trainingSetOf(document);
  if (!set.ok) return set;
  const { intents, outOfScope } = set.value;
  const texts = [...intents.flatMap(({ description = [], examples }) => examples.concat(description)), ...outOfScope];
  const bytes = texts.reduce((sum, text) => sum + utf8(text).length, 0);
  const isSmall = texts.length <= MAX_TRAINED_HERE && bytes <= MAX_BYTES_TRAINED_HERE;
  if (isSmall && intents.length <= MAX_INTENTS_TRAINED_HERE) return set;
  const most = `${MAX_INTENTS_TRAINED_HERE} intents, ${MAX_TRAINED_HERE} examples and descriptions, ${MAX_BYTES_TRAINED_HERE / 1024} KB`;
  return fail([error(["intents"], `more than the edge trains by itself (${most}): push it with clawedge routes push`)]);
}
