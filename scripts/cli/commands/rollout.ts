/** `clawedge rollout`: the instances of a pool restarted one after the other, while nobody loses a message or is told of it. */
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand, textValue } from "../command.ts";
import { CliFailure } from "../failure.ts";
import { plural } from "../output.ts";
import { pause, showInstance } from "../planned.ts";
import { isInService, type Rolled, type Rollout, rollInstance } from "../rollout.ts";
import { type InstanceAnswer, stateOf } from "./instance.ts";

const DEFAULT_TIMEOUT_S = 600;

export const rollout: Command = {
  name: "rollout",
  summary: "Restart the instances of a pool one after the other, and lose nothing",
  operands: ["POOL"],
  trailing: "COMMAND…",
  options: {
    move: { type: "boolean", help: "conversations go on elsewhere by the pool's failover policy; else they wait for their instance" },
    pause: { type: "string", value: "SECONDS", help: "between two instances" },
    timeout: { type: "string", value: "SECONDS", help: `for each step, the command too (default ${DEFAULT_TIMEOUT_S})` },
    from: { type: "string", value: "NAME", help: "leave out those before this one in `instance list`" },
    "no-suspend": { type: "boolean", help: "do not ask gateways to finish, although adminRpc is set" },
    force: { type: "boolean", help: "although another instance of the pool is not healthy or drains" },
  },
  notes: `For each instance: drain, wait until nothing is in flight and its gateway has finished, run COMMAND, wait until it is seen well,
take it back. COMMAND is run without a shell and restarts the instance that {} and CLAWEDGE_INSTANCE name (CLAWEDGE_POOL: the pool); it
ends when the restart is under way: clawedge rollout support -- ssh {} systemctl restart openclaw-gateway
When it stops, it says what stays drained, how to take it back, and how to go on. An instance that drains already is the first.`,
  run: async (call) => {
    const timeoutS = numberOption(call, "timeout", { least: 1, most: 86_400 }) ?? DEFAULT_TIMEOUT_S;
    const pauseMs = 1000 * (numberOption(call, "pause", { least: 0, most: 86_400 }) ?? 0);
    const rolling: Rollout = {
      pool: operand(call, 0),
      command: call.trailing,
      isReturning: !isSet(call, "move"),
      suspends: !isSet(call, "no-suspend"),
      force: isSet(call, "force"),
      timeoutMs: timeoutS * 1000,
      signal: call.interrupts(),
    };
    const names = orderOf(call, rolling.pool, await membersOf(call, rolling.pool));
    const rolled = await walk(call, rolling, names, pauseMs);
    call.output.answer({ pool: rolling.pool, instances: rolled }, () => [
      ...rolled.map(({ instance, awayMs = 0 }) => `${instance} is back after ${Math.round(awayMs / 1000)} s`),
      `${plural(rolled.length, "instance")} of ${rolling.pool} restarted`,
    ]);
    return 0;
  },
};

async function membersOf(call: Call, pool: string): Promise<readonly InstanceAnswer[]> {
  const { instances } = await call.edge().get<{ readonly instances: readonly InstanceAnswer[] }>("/instances");
  const members = instances.filter(({ pools }) => pools.includes(pool));
  if (members.length === 0) throw new CliFailure(1, `no pool with instances is called ${pool}. See: clawedge instance list`);
  return members;
}

/** What an earlier run left drained comes first, so that there is never more than one away. */
function orderOf(call: Call, pool: string, members: readonly InstanceAnswer[]): readonly string[] {
  const names = members.map(({ name }) => name);
  const from = textValue(call, "from");
  if (from === undefined) {
    const isAway = (name: string): boolean => members.some((member) => member.name === name && member.isDrainListed);
    return [...names.filter(isAway), ...names.filter((name) => !isAway(name))];
  }
  if (!names.includes(from)) throw new CliFailure(1, `${from} is no instance of ${pool}: it has ${names.join(", ")}`);
  return names.slice(names.indexOf(from));
}

async function walk(call: Call, rolling: Rollout, names: readonly string[], pauseMs: number): Promise<readonly Rolled[]> {
  const done: Rolled[] = [];
  for (const [index, name] of names.entries()) {
    const now: Rolled = { instance: name, stage: "before" };
    try {
      if (index > 0) await pause(call, pauseMs + (await unknownMs(call, done.at(-1))), rolling);
      await othersAreWell(call, rolling, name);
      await rollInstance(call, rolling, now);
      done.push(now);
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      throw stopped({ call, rolling, done, now, left: names.slice(index) }, error.message);
    }
  }
  return done;
}

/** Places that do not know yet that the last one is back would find nobody for whoever is new, were the next to leave. */
async function unknownMs(call: Call, last: Rolled | undefined): Promise<number> {
  if (last?.knownAtMs === undefined) return 0;
  const leftMs = Math.max(0, last.knownAtMs - (await showInstance(call, last.instance)).nowMs);
  if (leftMs > 0)
    call.output.progress(`waiting until every place of the edge knows that ${last.instance} is back: ${Math.ceil(leftMs / 1000)} s`);
  return leftMs;
}

async function othersAreWell(call: Call, { pool, force }: Rollout, name: string): Promise<void> {
  const others = (await membersOf(call, pool)).filter((member) => member.name !== name);
  if (others.length === 0) call.output.progress(`${name} is the only instance of ${pool}: what is written meanwhile waits for it`);
  const bad = others.find((member) => !isInService(member));
  if (bad === undefined || force) return;
  const why = bad.error ?? bad.reason ?? "";
  throw new CliFailure(1, `${bad.name} is ${stateOf(bad)}${why === "" ? "" : `: ${why}`}. With --force ${name} is taken away all the same`);
}

/** As a shell reads it back. */
const quoted = (word: string): string => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

interface Stopped {
  readonly call: Call;
  readonly rolling: Rollout;
  readonly done: readonly Rolled[];
  readonly now: Rolled;
  readonly left: readonly string[];
}

function stopped({ call, rolling, done, now, left }: Stopped, reason: string): CliFailure {
  const { pool, command, isReturning } = rolling;
  const { instance, stage } = now;
  const waits = isReturning ? ", and its conversations wait for it" : "";
  const where: Record<Rolled["stage"], string> = {
    before: `${instance} was not touched`,
    draining: `${instance} stays drained${waits}; the command was not run`,
    drained: `${instance} stays drained${waits}; the command was not run`,
    restarting: `${instance} stays drained${waits}; the command was run, or begun`,
    readmitting: `${instance} was being taken back`,
    done: `${instance} is back in service`,
  };
  const options = ["move", "no-suspend"].flatMap((name) => (isSet(call, name) ? [`--${name} `] : []));
  const goOn = `clawedge rollout ${pool} ${options.join("")}--from ${instance} -- ${command.map(quoted).join(" ")}`;
  const back = stage === "before" || stage === "done" ? [] : [`Take it back: clawedge instance undrain ${instance}`];
  const lines = [
    `${reason}.`,
    `${where[stage]}.`,
    `Done: ${done.map((each) => each.instance).join(", ") || "none"}; left: ${left.join(", ")}.`,
  ];
  const message = [...lines, ...back, `Go on: ${goOn}`].join("\n");
  return new CliFailure(1, message, { error: { code: "stopped", message: reason }, pool, instances: [...done, now], left });
}
