/** `clawedge intents …`: how good the classifier is on sentences it has not seen. Needs no edge. */
import { type Evaluation, evaluate } from "../../intents/evaluate.ts";
import type { Labelled } from "../../intents/labelled.ts";
import { misroutedOf, type Pools } from "../../intents/pools.ts";
import type { Command } from "../command.ts";
import { DEFAULT_SHARE, evalInputOf, MAX_SHARE } from "../intents-eval.ts";
import { facts } from "../output.ts";

export const intentsEval: Command = {
  name: "intents eval",
  summary: "Train on one file of sentences and measure on another, in workerd",
  operands: [],
  options: {
    train: { type: "string", value: "FILE", help: 'JSONL, {"text","intent"} a line; intent null: out of scope' },
    test: { type: "string", value: "FILE", help: "the same; nothing of it is learned from" },
    validation: { type: "string", value: "FILE", help: "the same; the threshold is chosen on it, instead of on held-out parts of --train" },
    "operating-point": { type: "string", value: "NAME", help: "balanced (default) or paper" },
    "out-of-scope-share": {
      type: "string",
      value: "N",
      help: `balanced: the share to expect, 0 to ${MAX_SHARE} (default ${DEFAULT_SHARE})`,
    },
    "no-out-of-scope": { type: "boolean", help: "leave lines of --train out that are out of scope" },
    pools: { type: "string", value: "FILE", help: 'JSON, {"intent": "pool"} or {"pool": ["intent", ...]}: how many go to a wrong pool' },
  },
  notes: `balanced chooses the threshold for the share of out-of-scope messages that a document expects; paper the one that is right most
often on --validation, or, without that, at 3 % out of scope, as CLINC150's validation set has. Sentences are classified in workerd by the
product's classifier, bundled as the Worker is. µs a message is processor time of workerd's process,
all its threads, where the system counts it, else the time that passes: 60 warm batches of 500 messages, less as many empty calls, the
lower quartile of both. Training time is the time that passes, in text with the processor time beside it.
--pools prints, as text only, what is sent to a wrong pool when 90 % are routed: a confidence is chosen from which on 90 % of what is
in scope is routed by its best guess; of what is routed then, the share whose guess leads to another pool than its own intent.
With --json all shares are between 0 and 1, and 0 where there is nothing to count.`,
  run: async (call) => {
    const { set, test, options, pools } = evalInputOf(call);
    const evaluation = await evaluate(set, test, { ...options, gauge: call.output.gauge });
    call.output.answer(evaluation.figures, () => evaluationLines(evaluation, test, pools));
    return 0;
  },
};

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

const NONE = "– (none in --test)";

function evaluationLines(evaluation: Evaluation, test: readonly Labelled[], pools: Pools | undefined): readonly string[] {
  const { figures, unpackMs, clock, trainProcessorSeconds } = evaluation;
  const hasOut = test.some(({ intent }) => intent === null);
  const hasIn = test.some(({ intent }) => intent !== null);
  const worked = clock === "processor" ? "processor time" : "wall time";
  return facts({
    "in-scope accuracy": hasIn ? percent(figures.inScopeAccuracy) : NONE,
    "out-of-scope recall": hasOut ? percent(figures.outOfScopeRecall) : NONE,
    "joint accuracy": percent(figures.jointAccuracy),
    AUROC: hasIn && hasOut ? figures.auroc.toFixed(4) : NONE,
    "calibration error": hasIn ? `${figures.calibrationError.toFixed(4)} (in scope, 15 bins)` : NONE,
    ...(pools === undefined ? {} : { "wrong pool": wrongPoolLine(evaluation, pools) }),
    "a message": `${figures.microsPerMessage.toFixed(1)} µs of ${worked} in workerd`,
    artefact: `${figures.artefactBytesGzip} bytes, gzip; unpacked in ${unpackMs.toFixed(1)} ms of ${worked}`,
    training: `${figures.trainSeconds.toFixed(1)} s (${trainProcessorSeconds.toFixed(1)} s of processor time)`,
  });
}

function wrongPoolLine({ judged }: Evaluation, pools: Pools): string {
  const misrouted = misroutedOf(judged, pools);
  if (misrouted === undefined) return NONE;
  const { wrong, routed, outOfScope } = misrouted;
  const others = outOfScope === null ? "" : `; ${percent(outOfScope)} of what is out of scope would be routed too`;
  return `${percent(wrong)} when ${percent(routed)} of what is in scope is routed${others}`;
}
