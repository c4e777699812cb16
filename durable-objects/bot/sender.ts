/** One part to the platform, and what its answer means. Never throws, never repeats: what follows is the machine's to say. */
import type { PlatformCall } from "../../src/channels/channel.ts";
import type { Outgoing, SendVerdict } from "../../src/channels/outgoing.ts";
import { noteOf } from "./note.ts";
import type { Answer, Entry, Speech } from "./outbox-state.ts";
import { type CallPorts, type Connection, callPlatform, type PlatformProblem } from "./platform.ts";

/** A connection whose channel sends agents' answers. */
export interface Line {
  readonly connection: Connection;
  readonly outgoing: Outgoing;
}

export const speechOf = ({ connection, outgoing }: Line): Speech => ({
  pace: (chat) => connection.platform.pace(chat),
  windowMs: outgoing.windowMs,
  hasTemplate: (chat) => outgoing.template(connection.account, chat, "") !== undefined,
});

/** `words` are undefined when their row is gone: nothing is left to say. */
export async function sendPart(line: Line, entry: Entry, words: string | undefined, ports: CallPorts): Promise<Answer> {
  const call = callOf(line, entry, words);
  if (call === undefined) return givenUp("there is nothing to send");
  const sent = await callPlatform(line.connection, call, ports);
  return sent.ok ? { kind: "taken", id: line.outgoing.sentId(sent.value) } : answerOf(line.outgoing, sent.problem, entry.refusals);
}

function callOf({ connection, outgoing }: Line, entry: Entry, words: string | undefined): PlatformCall | undefined {
  const note = noteOf(entry);
  if (entry.templateAt === entry.next) return outgoing.template(connection.account, entry.chat, note);
  return words === undefined ? undefined : outgoing.send(entry.chat, words, note);
}

const refused = (verdict: SendVerdict): Answer => ({ kind: "refused", verdict });
const givenUp = (detail: string): Answer => refused({ kind: "give-up", detail });

function answerOf(outgoing: Outgoing, problem: PlatformProblem, refusals: number): Answer {
  switch (problem.kind) {
    case "unreached":
      return problem.isUnsent === true
        ? refused({ kind: "retry", detail: problem.detail })
        : { kind: "unanswered", detail: problem.detail };
    case "unconfigured":
      return givenUp(problem.detail);
    case "refused": {
      // A success that cannot be read is a success: the platform has it, under an id nobody will tell us.
      if (problem.status >= 200 && problem.status < 300) return { kind: "taken", id: undefined };
      return refused(outgoing.judge({ status: problem.status, body: problem.body, refusals }));
    }
  }
}
