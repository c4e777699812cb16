/**
 * The KV namespace of a local edge is a folder: workerd's disk service answers the KV binding's GET and PUT with files.
 * This copies the operator's routes file into key `routes` when the file's content changes, and never otherwise:
 * what the Worker itself wrote there since (`clawedge routes push`) stays.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode, usageFailure } from "./failure.ts";

export const kvDir = (stateDir: string): string => join(stateDir, "kv");

/** Remembers which content of the file was copied last, over restarts. */
const hashFile = (stateDir: string): string => join(stateDir, "routes.sha256");

const POLL_MS = 250;

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function replaceFile(file: string, content: string): void {
  const next = `${file}.next`;
  writeFileSync(next, content);
  renameSync(next, file);
}

/** Copies the document when it is not the one copied last. The key is written first: after a kill between the two, it is merely copied again. */
export function offerRoutes(stateDir: string, document: string): boolean {
  const hash = createHash("sha256").update(document).digest("hex");
  if (readIfThere(hashFile(stateDir)) === hash) return false;
  mkdirSync(kvDir(stateDir), { recursive: true });
  const staged = join(stateDir, "routes.next");
  writeFileSync(staged, document);
  renameSync(staged, join(kvDir(stateDir), "routes"));
  replaceFile(hashFile(stateDir), hash);
  return true;
}

export function readRoutes(routesFile: string): string {
  const document = readIfThere(routesFile);
  if (document === undefined) throw usageFailure(`cannot find --routes ${routesFile}: copy routes.example.jsonc and adjust it`);
  return document;
}

/** Size, time and identity of a file; editors that replace the file change the last one. */
function fingerprint(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino}:${found.size}:${found.mtimeMs}`;
}

/** Follows the file by looking, which survives editors that replace it; waits until it holds still for one look. Returns how to stop. */
export function watchRoutes(routesFile: string, stateDir: string): () => void {
  let taken = fingerprint(routesFile);
  let previous = taken;
  const timer = setInterval(() => {
    const now = fingerprint(routesFile);
    const isSettled = now === previous;
    previous = now;
    if (now === "" || now === taken || !isSettled) return;
    taken = now;
    const document = readIfThere(routesFile);
    if (document !== undefined) offerRoutes(stateDir, document);
  }, POLL_MS);
  return () => clearInterval(timer);
}
