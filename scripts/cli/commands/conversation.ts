/** `clawedge conversation show`: where a conversation stands, and how its newest messages went. Never a body. */
import { numberOption } from "../args.ts";
import { type Command, operand, textValue } from "../command.ts";
import { facts, plural, table, time } from "../output.ts";

interface ConversationAnswer {
  readonly key: string;
  readonly residency: string | null;
  readonly pins: readonly { readonly pool: string; readonly instance: string; readonly epoch: number; readonly atMs: number }[];
  readonly waiting: number;
  readonly movedTo: string | null;
  readonly messages: readonly {
    readonly message: string;
    readonly kind: string;
    readonly pool: string;
    readonly rule: string;
    readonly state: string;
    readonly outcome: string | null;
    readonly instance: string | null;
    readonly epoch: number | null;
    readonly attempts: number;
    readonly arrivedAtMs: number;
    readonly endedAtMs: number | null;
    readonly lastDetail: string | null;
  }[];
}

export const conversationShow: Command = {
  name: "conversation show",
  summary: "Pins, queue and the newest messages of a conversation",
  operands: ["KEY"],
  options: {
    limit: { type: "string", value: "N", help: "how many messages (default 20, at most 200)" },
    residency: { type: "string", value: "R", help: "eu, us, fedramp or none; else wherever the document says it can be" },
  },
  notes: "Keys stand in the log and in dead list, as telegram:support/chat/123456789.",
  run: async (call) => {
    const limit = numberOption(call, "limit", { least: 1, most: 200 });
    const residency = textValue(call, "residency");
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(residency === undefined ? {} : { residency }),
    });
    const answer = await call.edge().get<ConversationAnswer>(`/conversations/${encodeURIComponent(operand(call, 0))}?${query}`);
    call.output.answer(answer, () => lines(answer));
    return 0;
  },
};

function lines({ key, residency, pins, waiting, movedTo, messages }: ConversationAnswer): readonly string[] {
  const pinned = pins.map(({ pool, instance, epoch, atMs }) => [pool, instance, epoch, time(atMs)]);
  const rows = messages.map((one) => [
    ...[time(one.arrivedAtMs), one.message, one.kind, one.rule, one.pool, one.state, one.outcome ?? one.lastDetail],
    ...[one.instance, one.epoch, one.attempts, one.endedAtMs === null ? "-" : `${one.endedAtMs - one.arrivedAtMs} ms`],
  ]);
  return [
    ...facts({
      conversation: key,
      residency: residency ?? undefined,
      "moved to": movedTo ?? undefined,
      waiting: plural(waiting, "message"),
    }),
    "",
    ...(pinned.length === 0 ? ["no pins"] : table(["POOL", "INSTANCE", "EPOCH", "SINCE"], pinned)),
    "",
    ...(rows.length === 0
      ? ["no messages kept"]
      : table(["ARRIVED", "MESSAGE", "KIND", "RULE", "POOL", "STATE", "OUTCOME", "INSTANCE", "EPOCH", "TRIES", "TOOK"], rows)),
  ];
}
