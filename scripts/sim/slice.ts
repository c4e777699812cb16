/** A share of the seeds, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import type { Bug } from "./bugs.ts";
import { type Seeds, survey } from "./survey.ts";

const { bug, ...seeds } = workerData as Seeds & { readonly bug?: Bug };
parentPort?.postMessage(survey(seeds, bug));
