/** `clawedge instance drain|undrain`: an instance out of service, and back; waiting until nothing can be on its way to it. */
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand } from "../command.ts";
import { CliFailure } from "../failure.ts";
import { time } from "../output.ts";
import type { InstanceAnswer } from "./instance.ts";

interface DrainAnswer {
  readonly instance: string;
  readonly changed: boolean;
  readonly number: number | null;
  readonly drainingSinceMs: number;
  /** When the last place of the edge knows, and the last attempt it began before is over. */
  readonly quietAtMs: number;
}

const POLL_MS = 1000;
/** Rounds of waiting between two lines of progress. */
const TELL_EVERY = 10;
const DEFAULT_TIMEOUT_S = 300;

export const instanceDrain: Command = {
  name: "instance drain",
  summary: "Give an instance no new conversations, and hold or move those it has",
  operands: ["NAME"],
  options: {
    wait: { type: "boolean", help: "return when nothing is in flight to it any more" },
    timeout: { type: "string", value: "SECONDS", help: `give up waiting after this long (default ${DEFAULT_TIMEOUT_S}); exit code 1` },
  },
  notes: `New conversations avoid it at once, pinned ones as the configuration spreads; then their pool's failover policy decides.
Messages it accepted before are its own: stop the gateway with SIGTERM, and it finishes them. Undo: clawedge instance undrain NAME`,
  run: async (call) => {
    const timeoutS = numberOption(call, "timeout", { least: 1, most: 86_400 }) ?? DEFAULT_TIMEOUT_S;
    const name = operand(call, 0);
    const drained = await call.edge().post<DrainAnswer>(`/instances/${encodeURIComponent(name)}/drain`);
    if (isSet(call, "wait")) await untilQuiet(call, drained, call.nowMs() + timeoutS * 1000);
    const isQuiet = isSet(call, "wait");
    call.output.answer({ ...drained, isQuiet }, () => [
      drained.changed ? `${name} is draining since ${time(drained.drainingSinceMs)}` : `${name} was draining already`,
      isQuiet
        ? "nothing is in flight to it: it can be stopped"
        : `nothing is in flight to it from ${time(drained.quietAtMs)} on; --wait waits for it`,
    ]);
    return 0;
  },
};

/** By the edge's word that it still drains, and by its clock: after `quietAtMs` no place of the edge can be sending any more. */
async function untilQuiet(call: Call, drained: DrainAnswer, untilMs: number): Promise<void> {
  const { instance } = drained;
  for (let round = 0; ; round += 1) {
    const shown = await call.edge().get<InstanceAnswer>(`/instances/${encodeURIComponent(instance)}`);
    if (shown.drainingSinceMs === undefined) throw new CliFailure(1, `${instance} is no longer draining: somebody undrained it meanwhile`);
    const leftMs = Math.max(drained.quietAtMs, shown.quietAtMs ?? 0) - shown.nowMs;
    if (leftMs <= 0 && shown.isDrainListed) return;
    if (call.nowMs() >= untilMs)
      throw new CliFailure(1, `${instance} drains, but is not quiet yet. Wait on: clawedge instance drain ${instance} --wait`);
    if (round % TELL_EVERY === 0) call.output.progress(`waiting: quiet in ${Math.max(0, Math.ceil(leftMs / 1000))} s at the latest`);
    await call.sleep(Math.min(POLL_MS, Math.max(50, leftMs)));
  }
}

export const instanceUndrain: Command = {
  name: "instance undrain",
  summary: "Take an instance back into service",
  operands: ["NAME"],
  options: {},
  run: async (call) => {
    const name = operand(call, 0);
    const answer = await call.edge().post<Omit<DrainAnswer, "quietAtMs">>(`/instances/${encodeURIComponent(name)}/undrain`);
    call.output.answer(answer, () => [
      answer.changed ? `${name} is back in service. Conversations that moved away stay where they are.` : `${name} was not draining`,
    ]);
    return 0;
  },
};
