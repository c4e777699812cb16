/** The edge of a soak: one copy of the bundle for the whole run, one port and one state over all kills, and what its log says of messages. */
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import { readBundle } from "../edge/manifest.ts";
import { type Edge, startEdge } from "../edge/run.ts";
import { VARS } from "./cast.ts";
import { type Kill, type Logged, type Move, nameOf, type Repeated } from "./facts.ts";

export interface SoakEdge {
  readonly url: string;
  readonly logged: readonly Logged[];
  readonly repeated: readonly Repeated[];
  readonly moves: readonly Move[];
  /** Complaints of the edge's own, by event: leads, not verdicts. */
  readonly complaints: ReadonlyMap<string, number>;
  readonly kills: readonly Kill[];
  /** Gone for `downMs`, then back. */
  readonly kill: (downMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Line {
  readonly [fact: string]: unknown;
}

function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

const WHAT: Readonly<Record<string, Logged["what"]>> = { "message.settled": "settled", "message.held": "held" };

function loggedOf(line: Line): Logged | undefined {
  const { ts, event, account, message, state, outcome, detail, again } = line;
  const what = WHAT[String(event)];
  if (what === undefined) return undefined;
  return {
    name: nameOf(String(account), String(message)),
    what,
    state: String(state),
    detail: String(outcome ?? detail),
    atMs: Date.parse(String(ts)),
    ...(again === true ? { isAgain: true } : {}),
  };
}

/** Sources may change while a soak runs: what runs is what was there when it began. */
async function copyBundle(dir: string): Promise<ReturnType<typeof readBundle>> {
  const built = await ensureBundle();
  mkdirSync(dir, { recursive: true });
  for (const file of [built.manifest.main, "manifest.json"]) copyFileSync(join(built.dir, file), join(dir, file));
  return readBundle(dir);
}

function repeatedOf({ ts, event, conversation, why }: Line): Repeated | undefined {
  if (event !== "reply.part-repeated") return undefined;
  return { conversation: String(conversation), why: String(why), atMs: Date.parse(String(ts)) };
}

function moveOf({ ts, event, conversation, from, instance }: Line): Move | undefined {
  if (event !== "conversation.moved") return undefined;
  return { conversation: String(conversation), from: String(from), to: String(instance), atMs: Date.parse(String(ts)) };
}

export interface EdgeLog extends Pick<SoakEdge, "logged" | "repeated" | "moves" | "complaints"> {
  readonly onLine: (text: string) => void;
  readonly onError: (text: string) => void;
}

function keep<T>(all: T[], found: T | undefined): void {
  if (found !== undefined) all.push(found);
}

/** Keeps every line in `logFile`, and what it says of messages. */
export function keepLog(logFile: string): EdgeLog {
  const logged: Logged[] = [];
  const repeated: Repeated[] = [];
  const moves: Move[] = [];
  const complaints = new Map<string, number>();
  const onLine = (text: string): void => {
    appendFileSync(logFile, `${text}\n`);
    const line = parse(text);
    if (line === undefined) return;
    keep(logged, loggedOf(line));
    keep(repeated, repeatedOf(line));
    keep(moves, moveOf(line));
    if (line["level"] === "error") complaints.set(String(line["event"]), (complaints.get(String(line["event"])) ?? 0) + 1);
  };
  return { logged, repeated, moves, complaints, onLine, onError: (text) => appendFileSync(logFile, `workerd: ${text}\n`) };
}

/** On a machine that is very busy workerd may take longer than anybody else waits for it. */
const STARTS = 5;

async function startAgain(options: Parameters<typeof startEdge>[0], left = STARTS): Promise<Edge> {
  try {
    return await startEdge(options);
  } catch (error) {
    if (left <= 1) throw error;
    return startAgain(options, left - 1);
  }
}

export type StartEdge = (dir: string, routes: object, vars: Readonly<Record<string, string>>) => Promise<SoakEdge>;

export const startSoakEdge: StartEdge = async (dir, routes, vars) => {
  const routesFile = join(dir, "routes.jsonc");
  writeFileSync(routesFile, JSON.stringify(routes));
  const { onLine, onError, ...log } = keepLog(join(dir, "edge.log"));
  const kills: Kill[] = [];
  const options = {
    ...{ bundle: await copyBundle(join(dir, "bundle")), routesFile, stateDir: join(dir, "state"), vars: { ...VARS, ...vars } },
    ...{ onLine, onError },
  };
  let edge: Edge = await startEdge(options);
  const { url, port } = edge;
  const kill = async (downMs: number): Promise<void> => {
    const fromMs = Date.now();
    await edge.kill();
    await new Promise((resolve) => setTimeout(resolve, downMs));
    edge = await startAgain({ ...options, port });
    kills.push({ fromMs, toMs: Date.now() });
  };
  return { url, ...log, kills, kill, stop: () => edge.kill() };
};
