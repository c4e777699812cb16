/** Questions of an instance that asks for its updates, answered by its outbox in the platform's words. The waiting is done here, where it costs nothing. */
import type { Egress } from "../../src/channels/egress.ts";
import { type EgressPorts, type Poll, refuseCaller } from "../../src/pipeline/egress.ts";
import type { Pollers } from "../../src/ports/pollers.ts";
import { wireResponse } from "./answer.ts";

type PollDeps = Pick<EgressPorts, "log"> & { readonly pollers: Pollers };

interface Asking {
  readonly egress: Egress;
  /** The connection of who asks: aborted when it ends. */
  readonly gone: AbortSignal;
}

export async function answerPoll({ caller, asks }: Poll, { egress, gone }: Asking, deps: PollDeps): Promise<Response> {
  const { polling } = egress;
  if (polling === undefined) return wireResponse(egress.refuse(404, "Not Found"));
  const { instance, generation } = caller;
  const account = caller.account.id;
  const revoked = (): Response => wireResponse(refuseCaller({ account, instance, egress }, "revoked", deps).answer);

  if (asks.kind === "pending") {
    const count = await deps.pollers.pending(instance, { account, generation });
    return count === undefined ? revoked() : wireResponse(polling.pendingAnswer(count));
  }
  const told = await deps.pollers.ask(instance, { ...asks.question, account, generation }, gone);
  switch (told.verdict) {
    case "revoked":
      return revoked();
    case "conflict":
      return wireResponse(egress.refuse(409, polling.conflict));
    case "answer":
      return polled(told.body);
    case "nothing":
      return polled(polling.answerOf([]));
  }
}

const polled = (body: string): Response => new Response(body, { headers: { "content-type": "application/json" } });
