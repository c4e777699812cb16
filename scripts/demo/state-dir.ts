/** The demo's files: where they are, what of the last run is thrown away, and the note by which `say` finds a running demo. Touches nothing else. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import * as z from "zod";
import { EdgeFailure, errorCode } from "../edge/failure.ts";
import { isRunning } from "../edge/processes.ts";
import { type Log, type LogLine, readLogLine } from "./edge-log.ts";

const noteSchema = z.object({
  pid: z.int(),
  url: z.string(),
  adminToken: z.string(),
  telegramUrl: z.string(),
  whatsappUrl: z.string(),
  accounts: z.array(z.string()),
});

export type Note = Readonly<z.infer<typeof noteSchema>>;

export const filesIn = (stateDir: string) => ({
  note: join(stateDir, "demo.json"),
  log: join(stateDir, "edge.log"),
  routes: join(stateDir, "routes.jsonc"),
  edge: join(stateDir, "edge"),
  instances: join(stateDir, "instances"),
});

function readNote(stateDir: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(filesIn(stateDir).note, "utf8")));
  } catch {
    return undefined;
  }
}

/** The demo that runs now. Fails, saying what to do, when none does. */
export function findDemo(stateDir: string): Note {
  const note = readNote(stateDir);
  if (note !== undefined && isRunning(note.pid)) return note;
  throw new EdgeFailure('no demo runs here: start one with "npm start" in another terminal, and say it again when it stays up');
}

/** Makes room for a new run. Fails while another demo lives there. */
export function prepareStateDir(stateDir: string): void {
  const running = readNote(stateDir);
  if (running !== undefined && isRunning(running.pid)) {
    throw new EdgeFailure(
      `a demo runs already (pid ${running.pid}, ${running.url}): end it with Ctrl-C, or give this one a --state of its own`,
    );
  }
  const { note, log, routes, edge, instances } = filesIn(stateDir);
  for (const path of [note, log, routes, edge, instances]) rmSync(path, { recursive: true, force: true });
  mkdirSync(instances, { recursive: true, mode: 0o700 });
}

/** It holds the admin token, so nobody else may read it. */
export const writeNote = (stateDir: string, note: Note): void =>
  writeFileSync(filesIn(stateDir).note, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });

export const dropNote = (stateDir: string): void => rmSync(filesIn(stateDir).note, { force: true });

/** The lines a running demo writes from now on, read as they come. */
export function followLog(stateDir: string): Log {
  const file = resolve(filesIn(stateDir).log);
  const lines: LogLine[] = [];
  const decoder = new StringDecoder("utf8");
  let position = sizeOf(file);
  let rest = "";
  return () => {
    const bytes = readFrom(file, position);
    position += bytes.length;
    const parts = (rest + decoder.write(bytes)).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.flatMap((line) => readLogLine(line) ?? []));
    return lines;
  };
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function readFrom(file: string, position: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, sizeOf(file) - position));
  if (bytes.length === 0) return bytes;
  try {
    const descriptor = openSync(file, "r");
    const count = readSync(descriptor, bytes, 0, bytes.length, position);
    closeSync(descriptor);
    return bytes.subarray(0, count);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
