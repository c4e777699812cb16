/** `clawedge rollout` against a planned edge, with a command that does what the test says. */

import type { Program, SeekProgram } from "../../../scripts/cli/program.ts";
import { clawedge } from "./fake-admin.ts";
import { type Member, type PlannedEdge, plannedEdge } from "./planned-edge.ts";

export const COMMAND = ["--", "restart", "--json", "{}"];

export interface Around {
  readonly options?: readonly string[];
  /** How it ends, where it does not do well. */
  readonly command?: (program: Program) => string | undefined | Promise<string | undefined>;
  readonly words?: readonly string[];
  readonly seekProgram?: SeekProgram;
  readonly signal?: AbortSignal;
  readonly knownAfterMs?: number;
}

export async function rollout(members: readonly Member[] | PlannedEdge, around: Around = {}) {
  const { options = [], command = () => undefined, words = COMMAND, signal, knownAfterMs } = around;
  const { url, changes } = "url" in members ? members : await plannedEdge(members, knownAfterMs);
  const programs: Program[] = [];
  const ran = await clawedge(["rollout", "support", ...options, "--edge", url, ...words], {
    runProgram: async (program) => {
      programs.push(program);
      const how = await command(program);
      return how === undefined ? undefined : { how, isBegun: true };
    },
    seekProgram: around.seekProgram ?? (() => undefined),
    interrupts: () => signal ?? new AbortController().signal,
  });
  return { ...ran, changes: changes(), programs };
}

/** Without where the edge is, which every hint begins with. */
export const hints = (err: string): string => err.replaceAll(/ --edge http:\/\/127\.0\.0\.1:\d+/g, "");
