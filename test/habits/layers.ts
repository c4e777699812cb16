/** Which room may import which. Pure, so that the rule itself can be tried on planted breaches. */
import { posix } from "node:path";

/** Room to what it may import besides itself; the longest matching prefix is a file's room. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "src/core/": [],
  "src/ports/": ["src/core/"],
  "src/config/": ["src/core/", "src/ports/"],
  "src/channels/": ["src/core/", "src/ports/"],
  "src/classify/": ["src/core/", "src/ports/"],
  "src/routing/": ["src/core/", "src/ports/", "src/classify/", "src/config/"],
  "src/links/": ["src/core/", "src/ports/"],
  "src/pipeline/": ["src/"],
  "durable-objects/": ["src/"],
  "workers/": ["src/", "durable-objects/"],
};

const PACKAGES_IN_SRC = ["zod/mini", "zod/locales", "jsonc-parser", "re2js", "marked", "eventsource-parser"];

const roomOf = (file: string): string | undefined =>
  Object.keys(ALLOWED)
    .filter((room) => file.startsWith(room))
    .toSorted((left, right) => right.length - left.length)[0];

/** What is wrong with `file` importing `target`, in words, or undefined. */
export function complaint(file: string, target: string): string | undefined {
  const room = roomOf(file);
  if (room === undefined) return `${file} belongs to no room`;
  if (!target.startsWith(".")) {
    return file.startsWith("src/") && !PACKAGES_IN_SRC.includes(target) ? `${file} imports the package ${target}` : undefined;
  }
  const to = posix.join(posix.dirname(file), target);
  const [mine, other] = [file, to].map((path) => /^src\/channels\/([^/]+)\//.exec(path)?.[1]);
  if (mine !== undefined && other !== undefined && mine !== other) return `${file} imports another channel: ${to}`;
  return [room, ...(ALLOWED[room] ?? [])].some((allowed) => to.startsWith(allowed)) ? undefined : `${file} may not import ${to}`;
}

/** A machine and what it imports from its own folder are pure: they know `src/core` and each other. */
export const machineComplaint = (file: string, to: string, folder: string): string | undefined =>
  to.startsWith("src/core/") || to.startsWith(folder) || to.startsWith("src/ports/")
    ? undefined
    : `${file} is part of a machine, yet imports ${to}`;
