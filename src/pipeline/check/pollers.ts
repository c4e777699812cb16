/** How an instance asks for its updates itself: all that can be said of one that nobody can call. Pure. */
import { bad, type CheckLine, good, unknown } from "./report.ts";

/** As the instance's object has seen it. */
export interface SeenPoller {
  readonly account: string;
  /** 0: never. */
  readonly calledAtMs: number;
  readonly isWaiting: boolean;
  /** For so long that its conversations follow the pool's failover policy. */
  readonly isSilent: boolean;
  /** Updates that are offered to it and not confirmed. */
  readonly open: number;
}

/** `seen` is undefined when the object could not be asked. */
export const pollerLines = (accounts: readonly string[], seen: readonly SeenPoller[] | undefined, nowMs: number): readonly CheckLine[] =>
  accounts.map((account) => {
    const poller = seen?.find((one) => one.account === account);
    if (poller !== undefined) return pollerLine(poller, nowMs);
    return unknown(`${account} poller`, "not known: the edge could not be asked about it", "Look at `clawedge instance show`.");
  });

const NEVER_FIX =
  "Set apiRoot and botToken of the gateway's account to what `clawedge instance token` prints, and no webhookUrl; then start it.";

function pollerLine({ account, calledAtMs, isWaiting, isSilent, open }: SeenPoller, nowMs: number): CheckLine {
  const check = `${account} poller`;
  if (calledAtMs === 0 && !isWaiting) return bad(check, "it has never called", NEVER_FIX);
  const waits = `, ${isWaiting ? "waits now" : "does not wait now"}, ${open} not confirmed`;
  const told = `last called ${Math.max(0, Math.floor((nowMs - calledAtMs) / 1000))} s ago${waits}`;
  if (isSilent) return bad(check, told, "Look at the gateway: is it up, does it reach the edge, does its log tell of a 401?");
  return good(check, told);
}
