/** Seeds shared out among threads. Which thread runs a seed changes nothing in it. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Bug } from "./bugs.ts";
import { joined, type Seeds, type Survey, survey } from "./survey.ts";

export async function surveyInJobs(seeds: Seeds, jobs: number, bug?: Bug): Promise<Survey> {
  const slices = slicesOf(seeds, jobs);
  if (slices.length === 1) return survey(seeds, bug);
  return joined(await Promise.all(slices.map((slice) => inThread({ ...slice, ...(bug === undefined ? {} : { bug }) }))));
}

export function slicesOf({ from, seeds }: Seeds, jobs: number): readonly Seeds[] {
  const size = Math.ceil(seeds / jobs);
  const begins = Array.from({ length: jobs }, (_, index) => index * size).filter((begin) => begin < seeds);
  return begins.map((begin) => ({ from: from + begin, seeds: Math.min(size, seeds - begin) }));
}

const inThread = (slice: Seeds & { readonly bug?: Bug }): Promise<Survey> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, "slice.ts"), { workerData: slice });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
