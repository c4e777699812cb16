/** Fires the bundle's scheduled handler at the minutes of its crons, through the ticker Worker beside it. */
import { matchesCron } from "./cron.ts";
import { EdgeFailure } from "./failure.ts";

export type Fire = (cron: string, atMs: number) => Promise<void>;

const MINUTE_MS = 60_000;

export const firing =
  (port: number, token: string): Fire =>
  async (cron, atMs) => {
    const query = new URLSearchParams({ cron, at: `${atMs}` });
    const answer = await fetch(`http://127.0.0.1:${port}/${token}?${query}`, { method: "POST", redirect: "manual" });
    const result = await answer.text();
    if (!answer.ok || !result.includes('"outcome":"ok"')) throw new EdgeFailure(`the scheduled handler failed at ${cron}: ${result}`);
  };

/** Calls `fire` for every cron of every minute as it begins. Returns how to stop. */
export function followCrons(crons: readonly string[], fire: Fire, onError: (error: unknown) => void): () => void {
  for (const cron of crons) matchesCron(cron, new Date(0));
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const nextMs = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
    timer = setTimeout(() => tick(nextMs), nextMs - Date.now());
  };
  const tick = (atMs: number): void => {
    for (const cron of crons.filter((each) => matchesCron(each, new Date(atMs)))) fire(cron, atMs).catch(onError);
    wait();
  };
  wait();
  return () => clearTimeout(timer);
}
