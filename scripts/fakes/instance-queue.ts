/**
 * The durable queue of the OpenClaw-shaped stand-in: one JSON line per fact in one file, on disk before an update is accepted.
 * After a kill it knows what was accepted, what was answered, at which turn each session is, and from which update on to ask. Outermost edge only.
 */
import { closeSync, fdatasync, openSync, readFileSync, truncateSync, write } from "node:fs";
import { promisify } from "node:util";
import { errorCode } from "../edge/failure.ts";

export interface Accepted {
  readonly updateId: number;
  /** `chat:message_id`; empty for an update without a message. */
  readonly messageKey: string;
  readonly session: string;
  readonly chatId: number;
  readonly topic?: number;
  readonly text: string;
}

type Fact =
  | { readonly fact: "accepted"; readonly entry: Accepted }
  | { readonly fact: "answered"; readonly updateId: number }
  | { readonly fact: "offset"; readonly offset: number };

export interface Queue {
  /** Resolves when the update is on disk: with its turn, or undefined when it, or its message under another update id, was known. */
  readonly accept: (entry: Accepted) => Promise<number | undefined>;
  readonly answered: (updateId: number) => Promise<void>;
  /** Accepted and not answered when the file was opened, in order, with their turns. */
  readonly unanswered: readonly (readonly [entry: Accepted, turn: number])[];
  readonly counts: () => { readonly accepted: number; readonly answered: number };
  /** Of one that polls: the first update id it does not know; 0 before it knows any. */
  readonly offset: () => number;
  /** Resolves when it is on disk. */
  readonly moveOffset: (offset: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a kill left half-written was never accepted: it is cut off, or the next line would be glued to it. */
function readFacts(file: string): readonly Fact[] {
  try {
    const content = readFileSync(file, "utf8");
    const whole = content.slice(0, content.lastIndexOf("\n") + 1);
    if (whole.length < content.length) truncateSync(file, Buffer.byteLength(whole));
    return whole.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Fact]));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

interface Journal {
  /** Resolves when everything appended so far is on disk. */
  readonly settled: () => Promise<void>;
  readonly append: (fact: Fact) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Writes what came in meanwhile with one write and one sync: many updates at once cost little more than one. */
function journal(file: string): Journal {
  const fd = openSync(file, "a", 0o600);
  const [writeAll, sync] = [promisify(write), promisify(fdatasync)];
  let lines = "";
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const batch = lines;
    lines = "";
    next = undefined;
    await writeAll(fd, batch);
    await sync(fd);
  };
  return {
    settled: () => last,
    append: (fact) => {
      lines += `${JSON.stringify(fact)}\n`;
      next ??= last = last.then(flush);
      return next;
    },
    close: async () => {
      await last;
      closeSync(fd);
    },
  };
}

export function openQueue(file: string): Queue {
  const seenUpdates = new Set<number>();
  const seenMessages = new Set<string>();
  const turns = new Map<string, number>();
  const open = new Map<number, readonly [Accepted, number]>();
  const learn = (entry: Accepted): number => {
    const turn = (turns.get(entry.session) ?? 0) + 1;
    turns.set(entry.session, turn);
    seenUpdates.add(entry.updateId);
    if (entry.messageKey !== "") seenMessages.add(entry.messageKey);
    open.set(entry.updateId, [entry, turn]);
    return turn;
  };
  let offset = 0;
  for (const fact of readFacts(file)) {
    if (fact.fact === "accepted") learn(fact.entry);
    else if (fact.fact === "offset") offset = fact.offset;
    else open.delete(fact.updateId);
  }
  const unanswered = [...open.values()];
  const { append, settled, close } = journal(file);
  return {
    unanswered,
    accept: async (entry) => {
      const isKnown = seenUpdates.has(entry.updateId) || seenMessages.has(entry.messageKey);
      const turn = isKnown ? undefined : learn(entry);
      await (isKnown ? settled() : append({ fact: "accepted", entry }));
      return turn;
    },
    answered: (updateId) => {
      open.delete(updateId);
      return append({ fact: "answered", updateId });
    },
    counts: () => ({ accepted: seenUpdates.size, answered: seenUpdates.size - open.size }),
    offset: () => offset,
    moveOffset: (next) => {
      offset = next;
      return append({ fact: "offset", offset });
    },
    close,
  };
}
