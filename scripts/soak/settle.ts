/** The quiet after a soak: nothing is broken any more, and everything that was acknowledged comes to its end, or is found not to. */
import { sleep } from "../fakes/http-service.ts";
import { type Standing, standingOf } from "./admin.ts";
import type { Ended } from "./facts.ts";
import type { World } from "./world.ts";

const LOOK_MS = 1_000;
const AT_ONCE = 8;

/** Asks a few conversations at once; one that cannot be asked now is asked again. */
async function look(url: string, conversations: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
  const left = [...conversations];
  const found = new Map<string, Standing>();
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const standing = await standingOf(url, next).catch(() => undefined);
      if (standing !== undefined) found.set(next, standing);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

/** The one that polls says every answer it owes, over the same way as ever. */
const isSilent = ({ poller }: World): boolean => {
  const { accepted, answered } = poller.instance.counts();
  return accepted === answered;
};

/** How every message of these conversations ended; after `withinMs` as it stands then. */
export async function settle(world: World, conversations: readonly string[], withinMs: number): Promise<readonly Ended[]> {
  const deadlineMs = Date.now() + withinMs;
  const standings = new Map<string, Standing>();
  let open = conversations;
  while (Date.now() < deadlineMs) {
    for (const [name, standing] of await look(world.edge.url, open)) standings.set(name, standing);
    open = open.filter((name) => standings.get(name)?.isQuiet !== true);
    if (open.length === 0 && isSilent(world)) break;
    await sleep(LOOK_MS);
  }
  return [...standings.values()].flatMap(({ ended }) => ended);
}
