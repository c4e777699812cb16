/** Trains on one set and judges on another, as an operator would get it: default settings, classified by the built product in workerd. */
import { gzipSync } from "node:zlib";
import { type TrainOptions, train } from "../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { Gauge } from "../cli/gauge.ts";
import { type Figures, figuresOf, type Judged } from "./figures.ts";
import { classifyInWorkerd, type InWorkerd } from "./in-workerd.ts";
import type { Labelled } from "./labelled.ts";

export interface Evaluation extends Pick<InWorkerd, "unpackMs" | "clock"> {
  readonly figures: Figures & {
    readonly microsPerMessage: number;
    readonly artefactBytesGzip: number;
    readonly trainSeconds: number;
  };
  readonly judged: readonly Judged[];
  /** Processor time, where `trainSeconds` is what the clock on the wall says. */
  readonly trainProcessorSeconds: number;
}

export interface EvaluateOptions extends Pick<TrainOptions, "operatingPoint" | "validation"> {
  readonly gauge: Gauge;
}

export async function evaluate(set: TrainingSet, test: readonly Labelled[], { gauge, ...options }: EvaluateOptions): Promise<Evaluation> {
  const start = performance.now();
  const before = process.cpuUsage();
  const artefact = gauge("training", (onProgress) => train(set, { ...options, onProgress }));
  const trainSeconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const { verdicts, microsPerMessage, ...workerd } = await classifyInWorkerd(
    artefact,
    test.map(({ text }) => text),
  );
  const judged = test.map((line, index) => {
    const verdict = verdicts[index];
    return { ...line, said: verdict?.intent, best: verdict?.best, confidence: verdict?.confidence ?? 0 };
  });
  const artefactBytesGzip = gzipSync(artefact, { level: 9 }).byteLength;
  const figures = { ...figuresOf(judged), microsPerMessage, artefactBytesGzip, trainSeconds };
  return { figures, judged, trainProcessorSeconds: (user + system) / 1_000_000, ...workerd };
}
