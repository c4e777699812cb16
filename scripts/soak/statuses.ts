/** What Meta tells of messages it took: that they were sent and delivered, sometimes much later. Tells of each once. */
import type { GraphApi } from "../fakes/graph-api.ts";
import { sleep } from "../fakes/http-service.ts";
import type { Chance } from "./chance.ts";

const LOOK_MS = 150;
const LATE_SHARE = 0.2;
const LATE_MS = 5_000;
const SOON_MS = 300;

export interface Telling {
  /** Resolves when everything that was sent until now has been told. */
  readonly stop: () => Promise<void>;
  readonly pending: () => number;
}

export function startTelling(graph: GraphApi, chance: Chance): Telling {
  let isOver = false;
  let told = 0;
  let pending = 0;
  const tell = async (sent: ReturnType<GraphApi["sent"]>[number], delayMs: number): Promise<void> => {
    await sleep(delayMs);
    const note = sent.body["biz_opaque_callback_data"];
    const facts = { kind: "status", number: sent.number, id: sent.id, to: sent.to, ...(typeof note === "string" ? { note } : {}) } as const;
    for (const status of ["sent", "delivered"] as const) await graph.deliverBatch([{ ...facts, status }]);
  };
  const look = (): void => {
    for (const sent of graph.sent().slice(told)) {
      told += 1;
      pending += 1;
      const delayMs = chance.between(0, chance.next() < LATE_SHARE ? LATE_MS : SOON_MS);
      tell(sent, delayMs)
        .catch((error: unknown) => console.error(error))
        .finally(() => {
          pending -= 1;
        });
    }
  };
  const running = (async () => {
    while (!isOver) {
      look();
      await sleep(LOOK_MS);
    }
  })();
  return {
    pending: () => pending,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
