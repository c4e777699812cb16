/** `clawedge instance drain|undrain`: an instance out of service, and back; waiting until nothing can be on its way to it, or runs there. */
import { again } from "../again.ts";
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand } from "../command.ts";
import { time } from "../output.ts";
import {
  type DrainAnswer,
  fence,
  insteadOf,
  mustStillDrain,
  type Relied,
  type ResumeAnswer,
  resume,
  type SuspendAnswer,
  showInstance,
  unfence,
  untilQuiet,
  untilSuspended,
} from "../planned.ts";

const DEFAULT_TIMEOUT_S = 300;

export const instanceDrain: Command = {
  name: "instance drain",
  summary: "Give an instance no new conversations, and hold or move those it has",
  operands: ["NAME"],
  options: {
    wait: {
      type: "boolean",
      help: "return when nothing new is in flight to it any more, and its gateway, where it can be asked, has finished",
    },
    returning: { type: "boolean", help: "it will be back soon: its conversations wait for it, whatever their pool's failover policy" },
    timeout: {
      type: "string",
      value: "SECONDS",
      help: `give up when it is not quiet this long after it should be, or works for longer (default ${DEFAULT_TIMEOUT_S}); exit code 1`,
    },
  },
  notes: `New conversations avoid it at once, pinned ones as the configuration spreads; then their pool's failover policy decides, unless
it is --returning. With adminRpc its gateway is suspended once nothing new is in flight, and has finished its turns when --wait returns;
without, stop it with SIGTERM, and it finishes them. What it may have already is still offered to it, until it says so: it knows a
repeat. Undo: clawedge instance undrain NAME`,
  run: async (call) => {
    const timeoutS = numberOption(call, "timeout", { least: 1, most: 86_400 }) ?? DEFAULT_TIMEOUT_S;
    const relied = { isReturning: isSet(call, "returning") };
    const drained = await fence(call, operand(call, 0), relied.isReturning);
    const isQuiet = isSet(call, "wait");
    const suspension = isQuiet ? await untilIdle(call, drained, relied, timeoutS * 1000) : undefined;
    call.output.answer({ ...drained, isQuiet, suspension }, () => [
      drained.changed
        ? `${drained.instance} is draining since ${time(drained.drainingSinceMs)}`
        : `${drained.instance} was draining already`,
      ...(isQuiet ? quietLines(suspension) : [`nothing new is in flight to it from ${time(drained.quietAtMs)} on; --wait waits for it`]),
    ]);
    return 0;
  },
};

/** Undefined where its gateway is not to be asked. */
async function untilIdle(call: Call, drained: DrainAnswer, relied: Relied, timeoutMs: number): Promise<SuspendAnswer | undefined> {
  const { instance } = drained;
  const hint = `. Wait on: ${again(call, ["instance", "drain", instance])}`;
  const patience = () => ({ untilMs: call.nowMs() + timeoutMs, hint });
  const shown = await untilQuiet(call, drained, relied, patience());
  if (shown.hasAdminRpc !== true) return undefined;
  const suspension = await untilSuspended(call, instance, patience());
  mustStillDrain(await showInstance(call, instance, {}), shown, relied);
  return suspension;
}

function quietLines(suspension: SuspendAnswer | undefined): readonly string[] {
  if (suspension?.status !== "ready") {
    return [
      "nothing new is in flight to it: it can be stopped",
      ...insteadOf(suspension ?? { status: "unsupported", detail: "no adminRpc" }),
    ];
  }
  const until = suspension.expiresAtMs === undefined ? "" : `, until ${time(suspension.expiresAtMs)} by its clock`;
  return [
    "nothing new is in flight to it, and nothing runs there: it can be stopped",
    `it is suspended${until}: to keep it so, ask again within two minutes; clawedge instance undrain ends it`,
  ];
}

export const instanceUndrain: Command = {
  name: "instance undrain",
  summary: "Take an instance back into service",
  operands: ["NAME"],
  options: {},
  notes: "A gateway that this edge suspended, and that was not restarted, goes on first.",
  run: async (call) => {
    const name = operand(call, 0);
    const resumed = await resume(call, name);
    const answer = { ...(await unfence(call, name)), gateway: resumed?.status };
    call.output.answer(answer, () => [
      ...resumedLines(resumed),
      answer.changed ? `${name} is back in service. Conversations that moved away stay where they are.` : `${name} was not draining`,
    ]);
    return 0;
  },
};

function resumedLines(resumed: ResumeAnswer | undefined): readonly string[] {
  if (resumed?.resumed === true) return ["its gateway goes on"];
  if (resumed === undefined || resumed.status === "running" || resumed.status === "unsupported") return [];
  return [`its gateway was not asked to go on (${resumed.detail ?? resumed.status}): a suspension ends by itself within two minutes`];
}
