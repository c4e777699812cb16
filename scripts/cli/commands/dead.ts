/** `clawedge dead …`: messages that ended as dead: listed, looked at, sent again. */
import { numberOption } from "../args.ts";
import { type Call, type Command, isSet, operand, textValue } from "../command.ts";
import { type ExitCode, usageError } from "../failure.ts";
import { facts, plural, table, time } from "../output.ts";

interface DeadEntry {
  readonly id: string;
  readonly account: string;
  readonly conversation: string;
  readonly messageId: string;
  readonly pool: string;
  readonly reason: string;
  readonly atMs: number;
}

const ACCOUNT = { type: "string", value: "ACCOUNT", help: "only letters of this account" } as const;

export const deadList: Command = {
  name: "dead list",
  summary: "Messages that ended as dead, newest first",
  operands: [],
  options: { account: ACCOUNT, limit: { type: "string", value: "N", help: "at most so many (default 50)" } },
  run: async (call) => {
    const limit = numberOption(call, "limit", { least: 1, most: 500 });
    const query = new URLSearchParams({ ...accountOf(call), ...(limit === undefined ? {} : { limit: String(limit) }) });
    const answer = await call.edge().get<{ readonly dead: readonly DeadEntry[] }>(`/dead?${query}`);
    const rows = answer.dead.map(({ atMs, account, pool, reason, conversation, id }) => [
      time(atMs),
      account,
      pool,
      reason,
      conversation,
      id,
    ]);
    call.output.answer(answer, () =>
      rows.length === 0
        ? ["no dead letters"]
        : [
            ...table(["WHEN", "ACCOUNT", "POOL", "WHY", "CONVERSATION", "ID"], rows),
            "Next: clawedge dead show ID, clawedge dead replay ID",
          ],
    );
    return 0;
  },
};

function accountOf(call: Call): { readonly account?: string } {
  const account = textValue(call, "account");
  return account === undefined ? {} : { account };
}

interface Letter {
  readonly conversation: string;
  readonly message: string;
  readonly account: string;
  readonly kind: string;
  readonly pool: string;
  readonly rule: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly attempts: number;
  readonly lastDetail: string | null;
  readonly arrivedAtMs: number;
  readonly endedAtMs: number | null;
  readonly trace: string;
  readonly body?: string;
}

export const deadShow: Command = {
  name: "dead show",
  summary: "What is known of one dead letter",
  operands: ["ID"],
  options: { body: { type: "boolean", help: "with what the person wrote: private; the edge logs that it was read" } },
  run: async (call) => {
    const answer = await call.edge().get<Letter>(`/dead/${encodeURIComponent(operand(call, 0))}${isSet(call, "body") ? "?body=1" : ""}`);
    const { conversation, message, account, kind, pool, rule, state, outcome, attempts, lastDetail, trace } = answer;
    call.output.answer(answer, () => [
      ...facts({ account, conversation, message, kind, rule, pool, state, why: outcome, attempts, "last answer": lastDetail }),
      ...facts({ arrived: time(answer.arrivedAtMs), died: time(answer.endedAtMs), trace }),
      ...(isSet(call, "body") ? ["", "private:", answer.body ?? "the body is no longer kept"] : []),
    ]);
    return 0;
  },
};

export const deadReplay: Command = {
  name: "dead replay",
  summary: "Send a dead letter again, or all of them at a gentle pace",
  operands: ["ID?"],
  options: {
    all: { type: "boolean", help: "all letters, oldest first" },
    account: ACCOUNT,
    "per-second": { type: "string", value: "N", help: "how many a second (default 5)" },
  },
  notes: "Remove the cause first (clawedge instance check, clawedge routes status): a letter that dies again is on the list again.",
  run: (call) => {
    const isAll = isSet(call, "all");
    if (isAll === call.operands.length > 0) throw usageError("name one ID, or pass --all. See: clawedge dead replay --help");
    if (!isAll && (textValue(call, "account") ?? textValue(call, "per-second")) !== undefined)
      throw usageError("--account and --per-second go with --all");
    return isAll ? replayAll(call) : replayOne(call);
  },
};

async function replayOne(call: Call): Promise<ExitCode> {
  const answer = await call.edge().post<{ readonly conversation: string }>(`/dead/${encodeURIComponent(operand(call, 0))}/replay`);
  call.output.answer(answer, () => [`sent again. Next: clawedge conversation show '${answer.conversation}'`]);
  return 0;
}

interface Batch {
  readonly replayed: number;
  readonly gone: number;
  readonly remaining: number;
  readonly beforeMs: number;
}

/** In rounds of a few seconds, so that no request is long and an interruption leaves the rest on the list. */
async function replayAll(call: Call): Promise<ExitCode> {
  const perSecond = numberOption(call, "per-second", { least: 0.1, most: 50 }) ?? 5;
  const limit = Math.min(100, Math.max(1, Math.ceil(perSecond * 4)));
  let total = { replayed: 0, gone: 0 };
  let beforeMs: number | undefined;
  for (;;) {
    const input = { ...accountOf(call), limit, perSecond, ...(beforeMs === undefined ? {} : { beforeMs }) };
    const batch: Batch = await call.edge().post<Batch>("/dead/replay", input);
    beforeMs = batch.beforeMs;
    total = { replayed: total.replayed + batch.replayed, gone: total.gone + batch.gone };
    if (batch.remaining === 0 || batch.replayed + batch.gone === 0) break;
    call.output.progress(`${total.replayed} sent again, ${batch.remaining} to go`);
    await call.sleep(1000 / perSecond);
  }
  call.output.answer(total, () => [
    `${plural(total.replayed, "letter")} sent again${total.gone === 0 ? "" : `, ${total.gone} no longer kept`}. Next: clawedge dead list`,
  ]);
  return 0;
}
