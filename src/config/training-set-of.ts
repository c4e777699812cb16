/** A document's intents as the trainer wants them, in the document's order. What stands in files is read by whoever has them: the edge has none. */
import { fail, ok, type Result } from "../core/result.ts";
import { MAX_EXAMPLE_UNITS } from "./intents-schema.ts";
import { type ConfigIssue, error } from "./issue.ts";
import type { RoutesDocument } from "./schema.ts";

/** The shape that `train` takes. */
export interface DocumentIntents {
  readonly intents: readonly { readonly name: string; readonly description?: string; readonly examples: readonly string[] }[];
  readonly outOfScope: readonly string[];
  /** Of all messages, 0 to 1. */
  readonly outOfScopeShare: number;
}

/** More take minutes to learn, and a model is no better for them. */
export const MAX_EXAMPLES = 100_000;

/** `intent` is null for what is out of scope. */
type ReadExamples = (file: string, intent: string | null) => readonly string[];

interface Source {
  readonly examples: readonly string[];
  readonly examplesFile?: string | undefined;
}

export const hasIntents = ({ intents }: RoutesDocument): boolean => Object.keys(intents).length > 0;

export function trainingSetOf(document: RoutesDocument, readExamples?: ReadExamples): Result<DocumentIntents, readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  const collect = (at: readonly string[], source: Source): readonly string[] => {
    const read = examplesOf(at, source, readExamples);
    if (!read.ok) issues.push(...read.problem);
    return read.ok ? read.value : [];
  };
  const intents = Object.entries(document.intents).map(([name, intent]) => ({
    name,
    ...(intent.description === undefined ? {} : { description: intent.description }),
    examples: collect(["intents", name], intent),
  }));
  const outOfScope = collect(["outOfScope"], document.outOfScope);
  const count = intents.reduce((sum, { examples }) => sum + examples.length, outOfScope.length);
  if (count > MAX_EXAMPLES) issues.push(error(["intents"], `${count} examples, more than ${MAX_EXAMPLES}`));
  return issues.length > 0 ? fail(issues) : ok({ intents, outOfScope, outOfScopeShare: document.outOfScope.share });
}

function examplesOf(
  at: readonly string[],
  source: Source,
  read: ReadExamples | undefined,
): Result<readonly string[], readonly ConfigIssue[]> {
  const { examples, examplesFile } = source;
  if (examplesFile === undefined) return ok(examples);
  const here = [...at, "examplesFile"];
  if (read === undefined) return fail([error(here, "is a file beside the document: push it with clawedge routes push")]);
  const more = read(examplesFile, at[1] ?? null).filter((example) => example.trim() !== "");
  const tooLong = more.flatMap((example, index) =>
    example.length <= MAX_EXAMPLE_UNITS
      ? []
      : [error(here, `example ${index + 1} of ${examplesFile} is longer than ${MAX_EXAMPLE_UNITS} characters`)],
  );
  const all = [...examples, ...more];
  const none = all.length === 0 && at[0] === "intents" ? [error(here, `${examplesFile} has no example`)] : [];
  return tooLong.length + none.length > 0 ? fail([...tooLong, ...none]) : ok(all);
}
