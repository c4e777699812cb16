/** `clawedge rollout`: the instances of a pool restarted one after the other, while nobody loses a message or is told of it. */
import { again, beside } from "../again.ts";
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand, textValue } from "../command.ts";
import { CliFailure, usageError } from "../failure.ts";
import { isAway, membersOf } from "../others.ts";
import { plural } from "../output.ts";
import { pause, showInstance, Undrained } from "../planned.ts";
import { isUnrestarted, type Rolled, type Rollout, rollInstance, wordsFor } from "../rollout.ts";
import type { InstanceAnswer } from "./instance.ts";

const DEFAULT_TIMEOUT_S = 600;
/** Of waiting until every place knows, each as long as that takes. */
const KNOWN_ROUNDS = 10;

export const rollout: Command = {
  name: "rollout",
  summary: "Restart the instances of a pool one after the other, and lose nothing",
  operands: ["POOL"],
  trailing: "COMMAND…",
  options: {
    move: { type: "boolean", help: "conversations go on elsewhere by the pool's failover policy; else they wait for their instance" },
    pause: { type: "string", value: "SECONDS", help: "between two instances" },
    timeout: { type: "string", value: "SECONDS", help: `for each step, the command too (default ${DEFAULT_TIMEOUT_S})` },
    from: {
      type: "string",
      value: "NAME",
      help: "begin with this one, although it drains already; else without those before it in `instance list`",
    },
    only: { type: "string", value: "NAMES", help: "these alone, in this order, with commas" },
    "no-suspend": { type: "boolean", help: "do not ask gateways to finish, although adminRpc is set" },
    "no-restart": {
      type: "boolean",
      help: "COMMAND restarts no gateway, it has it read its settings again, say; else one that goes on as it was stops the rollout",
    },
    force: { type: "boolean", help: "although another instance of the pool is not healthy or drains, or this one drains already" },
  },
  notes: `For each instance: drain, wait until nothing new is in flight and its gateway has finished, run COMMAND, wait until it is seen well,
take it back. COMMAND is run without a shell and restarts the instance that {} and CLAWEDGE_INSTANCE name (CLAWEDGE_POOL: the pool). It must
not end before the old process has: clawedge rollout support -- ssh {} systemctl restart openclaw-gateway
A gateway that was suspended shows whether it was restarted: if not, it is taken back and the rollout stops.
When it stops, it says what stays drained, how to take it back, and how to go on.`,
  run: async (call) => {
    const timeoutS = numberOption(call, "timeout", { least: 1, most: 86_400 }) ?? DEFAULT_TIMEOUT_S;
    const pauseMs = 1000 * (numberOption(call, "pause", { least: 0, most: 86_400 }) ?? 0);
    const pool = operand(call, 0);
    if (call.trailing[0]?.trim() === "") throw usageError("-- COMMAND… begins with an empty word. Is a variable not set?");
    const names = orderOf(call, pool, await membersOf(call, pool));
    seekCommand(call, names);
    const rolling: Rollout = {
      pool,
      command: call.trailing,
      isReturning: !isSet(call, "move"),
      suspends: !isSet(call, "no-suspend"),
      mayStay: isSet(call, "no-restart"),
      force: isSet(call, "force"),
      takesOver: textValue(call, "from"),
      timeoutMs: timeoutS * 1000,
      signal: call.interrupts(),
    };
    const rolled = await walk(call, rolling, names, pauseMs);
    call.output.answer({ pool: rolling.pool, instances: rolled }, () => [
      ...rolled.map(({ instance, awayMs = 0 }) => `${instance} is back after ${Math.round(awayMs / 1000)} s`),
      `${plural(rolled.length, "instance")} of ${rolling.pool} ${rolling.mayStay ? "done" : "restarted"}`,
    ]);
    return 0;
  },
};

/** What is mistyped is not found out when somebody waits for it. */
function seekCommand({ trailing, env, seekProgram }: Call, names: readonly string[]): void {
  const problem = names.map((name) => seekProgram(wordsFor(trailing, name)[0] ?? "", env)).find((each) => each !== undefined);
  if (problem !== undefined) throw usageError(`${problem}. Nothing was drained`);
}

/** Who drains already comes first, so that there is never more than one away. */
function orderOf(call: Call, pool: string, members: readonly InstanceAnswer[]): readonly string[] {
  const [from, only] = [textValue(call, "from"), textValue(call, "only")];
  const names = members.map(({ name }) => name);
  const wanted = [...new Set([...(from === undefined ? [] : [from]), ...(only?.split(",") ?? [])])];
  const stranger = wanted.find((name) => !names.includes(name));
  if (stranger !== undefined) throw new CliFailure(1, `${stranger} is no instance of ${pool}: it has ${names.join(", ")}`);
  if (only !== undefined) return wanted;
  const away = members.filter(isAway).map(({ name }) => name);
  if (from !== undefined && !away.includes(from)) return names.slice(names.indexOf(from));
  return [...new Set([...wanted, ...away, ...names])];
}

async function walk(call: Call, rolling: Rollout, names: readonly string[], pauseMs: number): Promise<readonly Rolled[]> {
  const done: Rolled[] = [];
  for (const [index, name] of names.entries()) {
    const now: Rolled = { instance: name, stage: "before" };
    try {
      if (index > 0) {
        await untilKnown(call, rolling, done.at(-1));
        await pause(call, pauseMs, rolling);
      }
      await rollInstance(call, rolling, now);
      done.push(now);
    } catch (error) {
      throw endOf({ call, rolling, done, now, names: names.slice(index) }, error);
    }
  }
  return done;
}

/**
 * Places that do not know yet that the last one is back would find nobody for whoever is new, were the next to leave. The time is
 * counted from when the edge has told them, which it may not have done yet.
 */
async function untilKnown(call: Call, rolling: Rollout, last: Rolled | undefined): Promise<void> {
  if (last?.knownAtMs === undefined) return;
  for (let round = 0, waitedMs = 0; round < KNOWN_ROUNDS; round += 1) {
    const { nowMs, knownAtMs = 0 } = await showInstance(call, last.instance, rolling);
    const targetMs = Math.max(last.knownAtMs, knownAtMs);
    if (targetMs <= waitedMs) return;
    const leftMs = Math.max(0, targetMs - nowMs);
    if (leftMs > 0)
      call.output.progress(`waiting until every place of the edge knows that ${last.instance} is back: ${Math.ceil(leftMs / 1000)} s`);
    await pause(call, leftMs, rolling);
    waitedMs = targetMs;
  }
  throw new CliFailure(1, `the edge has not told every place of it that ${last.instance} is back`);
}

interface Stopped {
  readonly call: Call;
  readonly rolling: Rollout;
  readonly done: readonly Rolled[];
  readonly now: Rolled;
  /** From this one on. */
  readonly names: readonly string[];
}

/** What is nobody's foreseen failure leaves nobody drained without a word either. */
function endOf(at: Stopped, error: unknown): unknown {
  if (error instanceof Undrained) at.now.stage = "lost";
  const told = stopped(at, error instanceof Error ? error.message : String(error));
  if (error instanceof CliFailure) return told;
  at.call.output.progress(told.message);
  return error;
}

/** Where the drain is ours, so that it is ours to end it. */
const OURS: ReadonlySet<Rolled["stage"]> = new Set(["draining", "drained", "restarting", "readmitting"]);

function stopped({ call, rolling, done, now, names }: Stopped, reason: string): CliFailure {
  const { pool, isReturning } = rolling;
  const { instance, stage } = now;
  // One that was restarted and seen well is only to be taken back.
  const left = stage === "readmitting" && !isUnrestarted(rolling, now) ? names.slice(1) : names;
  const waits = isReturning ? ", and its conversations wait for it" : "";
  const where: Record<Rolled["stage"], string> = {
    before: `${instance} was not touched`,
    draining: `${instance} stays drained${waits}; the command was not run`,
    drained: `${instance} stays drained${waits}; the command was not run`,
    restarting: `${instance} stays drained${waits}; the command was run, or begun`,
    readmitting: `${instance} was being taken back`,
    done: `${instance} is back in service`,
    "given-back": `${instance} was drained, and is back in service; the command was not run`,
    unrestarted: `${instance} is back in service, as it was; the command was run`,
    lost: `${instance} was drained, and is no longer as it was; the command was not run`,
  };
  const isOurs = OURS.has(stage);
  const back = isOurs ? [`Take it back: ${beside(call, "instance", "undrain", instance)}`] : [];
  const rest = { from: isOurs && left[0] === instance ? instance : undefined, only: left.join(",") };
  const goOn = again(call, ["rollout", pool], stage === "before" && done.length === 0 ? {} : rest);
  const lines = [
    `${reason}.`,
    `${where[stage]}.`,
    `Done: ${done.map((each) => each.instance).join(", ") || "none"}; left: ${left.join(", ") || "none"}.`,
  ];
  const message = [...lines, ...back, ...(left.length === 0 ? [] : [`Go on: ${goOn}`])].join("\n");
  return new CliFailure(1, message, { error: { code: "stopped", message: reason }, pool, instances: [...done, now], left });
}
