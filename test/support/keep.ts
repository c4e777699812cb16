/** Everything around the end of the journey's first half: one genuine delivery, and ports that write down what was asked of them. */
import { telegram } from "../../src/channels/telegram/index.ts";
import type { Commit } from "../../src/core/commit.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import type { KeepPorts, Setting } from "../../src/pipeline/keep.ts";
import type { QuotaVerdict } from "../../src/ports/quota.ts";
import { loadForTest } from "./catalogue.ts";
import { validDocument } from "./routes-document.ts";

const RULE = { perMinute: 60, burst: 1 };

/** One account with a quota over all its conversations. */
export function keepSetting(): Setting {
  const snapshot = loadForTest({ ...validDocument, limits: { perAccount: { "telegram:support": RULE } } });
  const account = snapshot.routes.accounts.get("telegram:support");
  if (account === undefined) throw new Error("the document lost its account");
  const body = new TextEncoder().encode("{}");
  const delivery = { method: "POST", url: "https://edge.test/", headers: new Headers(), body, arrivedAtMs: 1000 };
  return { account, channel: telegram, snapshot, delivery, traceId: "0af7651916cd43dd8448eb211c80319c" };
}

export interface Kept {
  readonly log: LogLine[];
  readonly commits: Commit[];
  /** In the order they were asked: `commit key`, `knows key`, `move from -> to`, `count series`. */
  readonly asked: string[];
}

export interface KeepAnswers {
  readonly quota?: QuotaVerdict;
  readonly isKnown?: boolean;
  /** Names of calls that fail. */
  readonly failing?: readonly string[];
}

export function keepPorts(answers: KeepAnswers = {}): { readonly ports: KeepPorts; readonly kept: Kept } {
  const kept: Kept = { log: [], commits: [], asked: [] };
  const ask = (name: string, about: string): void => {
    kept.asked.push(`${name} ${about}`);
    if (answers.failing?.includes(name) === true) throw new Error(`${name} cannot be asked`);
  };
  const nothing = () => Promise.reject(new Error("nobody asks this here"));
  const ports: KeepPorts = {
    conversations: {
      commit: async (commit) => {
        ask("commit", commit.ref.key);
        kept.commits.push(commit);
        return { state: "stored", seq: 1 };
      },
      knows: async (ref, key) => {
        ask("knows", `${ref.key} ${key}`);
        return answers.isKnown ?? false;
      },
      move: async (ref, to) => ask("move", `${ref.key} -> ${to.key}`),
      speak: nothing,
      replied: nothing,
    },
    bots: { statuses: async (account, statuses) => ask("statuses", `${account} ${statuses.map(({ messageId }) => messageId).join(" ")}`) },
    shards: {
      count: async (_account, delta) => ask("count", Object.keys(delta).find((name) => name.startsWith("clawedge_messages")) ?? "nothing"),
      ...{ flush: nothing, setPending: nothing, addDead: nothing, removeDead: nothing },
    },
    quota: { take: async () => answers.quota ?? { isAllowed: true } },
    log: { write: (line) => void kept.log.push(line) },
    clock: { nowMs: () => 1007, sleep: nothing },
  };
  return { ports, kept };
}
