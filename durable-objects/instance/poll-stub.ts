/**
 * Instance objects as pollers, and those who revoke their tokens, see them. A poller's request waits in the Worker, on a socket to
 * an object that may sleep meanwhile. One stub per call, as everywhere.
 */
import type { PollAsk, Pollers, PollVerdict } from "../../src/ports/pollers.ts";
import type { Env } from "../env.ts";
import { objectOf } from "../objects.ts";
import { systemClock } from "../runtime.ts";
import type { Instance } from "./durable-object.ts";
import { FLOOR_MS } from "./poller.ts";
import { CLOSED, PAUSE_HEADER } from "./waiting.ts";

type InstanceEnv = Pick<Env, "INSTANCE" | "JURISDICTIONS">;

const stubOf = (env: InstanceEnv, name: string): DurableObjectStub<Instance> => objectOf(env, env.INSTANCE, name);

export const pollersOf = (env: InstanceEnv): Pollers => ({
  ask: async (instance, ask, gone) => {
    const url = `https://instance.internal/polls?ask=${encodeURIComponent(JSON.stringify(ask))}`;
    const answer = await stubOf(env, instance).fetch(url, { headers: { upgrade: "websocket" }, redirect: "manual" });
    if (answer.status === 401) return { verdict: "revoked" };
    if (answer.webSocket) return waitOn(answer.webSocket, ask.waitMs === 0 ? FLOOR_MS : ask.waitMs, gone);
    if (answer.status !== 200) throw new Error(`the outbox answered ${answer.status}`);
    const body = await answer.text();
    await systemClock.sleep(Number(answer.headers.get(PAUSE_HEADER) ?? 0));
    return { verdict: "answer", body };
  },
  pending: (instance, caller) => stubOf(env, instance).pendingFor(caller),
});

/** Ends every token of a lower generation at the instance's outbox. Durable when it resolves. */
export const endPolls = (
  env: InstanceEnv,
  instance: string,
  { account, generation }: Pick<PollAsk, "account" | "generation">,
): Promise<void> => stubOf(env, instance).acceptPolls(account, generation);

/** What came, or how it ended; a socket that breaks (the object moved, or was updated) is an answer without updates. */
async function waitOn(socket: WebSocket, waitMs: number, gone?: AbortSignal): Promise<PollVerdict> {
  const over = new AbortController();
  const ended = new Promise<PollVerdict | { readonly code: number; readonly reason: string }>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve({ verdict: "answer", body: String(data) }));
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    socket.addEventListener("error", () => resolve({ verdict: "nothing" }));
    // What is sent to one who is gone is lost for this time: the next offer may find that nobody waits.
    if (gone?.aborted === true) resolve({ verdict: "nothing" });
    gone?.addEventListener("abort", () => resolve({ verdict: "nothing" }));
    void systemClock.sleep(waitMs, over.signal).then(() => resolve({ verdict: "nothing" }));
  });
  socket.accept();
  const end = await ended;
  over.abort();
  if ("verdict" in end) {
    socket.close(1000);
    return end;
  }
  if (end.code === CLOSED.revoked) return { verdict: "revoked" };
  if (end.code !== CLOSED.conflict) return { verdict: "nothing" };
  await systemClock.sleep(Number(end.reason));
  return { verdict: "conflict" };
}
