/** `npm start`: the real bundle with four demo instances, a handful of journeys, and then whatever you try. Ends everything it started. */
import { EdgeFailure } from "../edge/failure.ts";
import { followNpm } from "../edge/follow-npm.ts";
import { RESTART_AFTER_MS } from "./cast.ts";
import { DEFAULT_STATE_DIR, readStart, START_HELP, type StartSettings } from "./command-line.ts";
import { invitation } from "./invitation.ts";
import { withoutRepeats } from "./news.ts";
import { paintFor, widthOf } from "./paint.ts";
import { blockOf, pictureOf, type Sight } from "./report.ts";
import { watchEdits } from "./routes-watch.ts";
import { SCENES } from "./scenes.ts";
import { type OnExit, openWorld, TELEGRAM, WHATSAPP, type World } from "./world.ts";

const paint = paintFor(process.stdout, process.env);
const say = (text: string): void => console.log(text);
const width = widthOf(process.stdout);

/** What was started, undone in reverse; a second call waits for the first. */
function undoing() {
  const undos: (() => Promise<void>)[] = [];
  let done: Promise<void> | undefined;
  const undoAll = async (): Promise<void> => {
    for (const undo of undos.reverse()) await undo().catch(() => undefined);
  };
  return {
    add: (undo: () => Promise<void>) => void undos.push(undo),
    all: () => {
      done ??= undoAll();
      return done;
    },
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

interface Sum {
  readonly all: number;
  readonly missed: number;
}

/** How many journeys there were, and how many ended as they should not. */
async function tellAll(world: World, sight: Sight): Promise<Sum> {
  let [all, missed] = [0, 0];
  for (const scene of SCENES) {
    for (const told of await scene(world)) {
      all += 1;
      if (told.expected?.isMet(told.journey) === false) missed += 1;
      say(`${blockOf(told, sight)}\n`);
    }
  }
  return { all, missed };
}

async function playAll(world: World): Promise<number> {
  const sites = new Map(world.instances.map((one) => [one.name, one]));
  const startMs = Date.now();
  const { all, missed } = await tellAll(world, { sites, paint, width });
  const sum = `${all - missed} of ${all} journeys ended as they should, in ${seconds(Date.now() - startMs)}.`;
  say(missed === 0 ? paint.good(sum) : paint.bad(sum));
  return missed;
}

/** Ctrl-C is the way to end a demo that stays up, and cuts short one that does not. */
let isUp = false;
/** What ends from then on ends by our hand. */
let isEnding = false;

async function stayUp(world: World, ended: Promise<number>, stateDir: string): Promise<number> {
  isUp = true;
  const pins = await world.admin.pins(`${TELEGRAM}/chat/42`);
  const owner = pins.find(({ pool }) => pool === "support")?.instance;
  const { edge, adminToken, routesFile } = world;
  const shown = stateDir === DEFAULT_STATE_DIR ? undefined : stateDir;
  const accounts = { account: TELEGRAM, whatsapp: WHATSAPP };
  const facts = { owner, pid: world.cast.pidOf(owner ?? ""), edgeUrl: edge.url, adminToken, routesFile, stateDir: shown };
  say(invitation({ ...accounts, ...facts }, paint));
  world.onLine(withoutRepeats((news) => say(paint.dim(`  ${news}`))));
  const stopWatching = watchEdits(routesFile, world.admin);
  try {
    return await ended;
  } finally {
    stopWatching();
  }
}

function drawPicture({ telegramApi, graphApi, edge, instances, cast }: World): void {
  const withPids = instances.map((one) => ({ ...one, pid: cast.pidOf(one.name) }));
  const urls = { telegramUrl: telegramApi.url, whatsappUrl: graphApi.url, edgeUrl: edge.url };
  say(`\n${pictureOf({ ...urls, workerdPid: edge.pid, instances: withPids }, paint)}\n`);
}

const events = {
  onDeath: (name: string, pid: number): void =>
    say(
      paint.bad(
        `  ${name} (pid ${pid}) died. Its conversations are held or moved, as their pool says; it is started again in ${RESTART_AFTER_MS / 1000} s.`,
      ),
    ),
  onReturn: (name: string, pid: number): void => say(paint.good(`  ${name} is back as pid ${pid}.`)),
  onError: (error: unknown): void => console.error(`demo: ${error instanceof Error ? error.message : String(error)}`),
};

/** 0 when told to end, 1 when workerd ended by itself. */
async function endOf(world: World, signalled: Promise<void>): Promise<number> {
  const { code, signal } = await Promise.race([world.edge.ended, signalled.then(() => ({ code: 0, signal: null }))]);
  // Ctrl-C reaches workerd as well, maybe before it reaches us; an orderly end has code 0.
  if (isEnding || code === 0 || signal === "SIGINT" || signal === "SIGTERM") return 0;
  console.error(`demo: workerd (pid ${world.edge.pid}) ended with ${signal ?? `code ${code}`}; start again with "npm start"`);
  return 1;
}

async function run(settings: StartSettings, signalled: Promise<void>, onExit: OnExit): Promise<number> {
  const world = await openWorld({ settings, events, onStep: (text) => say(paint.dim(text)), onExit });
  const ended = endOf(world, signalled);
  drawPicture(world);
  const missed = await Promise.race([playAll(world), ended.then(() => undefined)]);
  if (missed === undefined) return ended;
  return settings.isOnce ? Number(missed > 0) : stayUp(world, ended, settings.stateDir);
}

async function main(args: readonly string[]): Promise<number> {
  const undo = undoing();
  try {
    const settings = readStart(args);
    if (settings === undefined) {
      say(START_HELP);
      return 0;
    }
    const signalled = new Promise<void>((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
      followNpm(resolve);
    });
    const interrupted = signalled.then(() => (isUp ? 0 : 130));
    return await Promise.race([run(settings, signalled, undo.add), interrupted]);
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    console.error(`demo: ${error.message}`);
    return error.exitCode;
  } finally {
    isEnding = true;
    await undo.all();
  }
}

process.exit(await main(process.argv.slice(2)));
