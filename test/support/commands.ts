/** Commands for model-based tests of objects in real workerd: runs from a fixed seed, a clock that can be put forward, and the crash that every model knows. */
import { abortAllDurableObjects } from "cloudflare:test";
import fc from "fast-check";
import { vi } from "vitest";

/** Of a model and the real thing; `check` says when it makes sense. */
export type Command<Model extends object, Real> = fc.AsyncCommand<Model, Real>;

export const command = <Model extends object, Real>(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command<Model, Real> => ({ check, run, toString: () => name });

export const crash = <Model extends object, Real>(then: (model: Model, real: Real) => Promise<void>): Command<Model, Real> =>
  command("crash", async (model, real) => {
    await abortAllDurableObjects();
    await then(model, real);
  });

/** Whoever asks an object that has just died asks again, as every caller of the edge does. */
export async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 4; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0 || !/abortAllDurableObjects|killed|evict/i.test(String(error))) throw error;
      await moment(5);
    }
  }
}

export interface Travel {
  aheadMs: number;
}

/** From here on `Date.now()` runs ahead by as much as the test says. */
export function travel(): Travel {
  const now = Date.now.bind(Date);
  const ahead: Travel = { aheadMs: 0 };
  vi.spyOn(Date, "now").mockImplementation(() => now() + ahead.aheadMs);
  return ahead;
}

/** What was begun gets a moment to go on; nothing relies on how far it comes. */
export const moment = (ms = 2): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Story<Model extends object, Real> {
  readonly commands: readonly fc.Arbitrary<Command<Model, Real>>[];
  readonly begin: () => Promise<{ readonly model: Model; readonly real: Real }>;
  /** After the last command: everything is mended, time passes, and all must be at rest. */
  readonly end: (model: Model, real: Real) => Promise<void>;
  readonly seed: number;
  readonly runs?: number;
}

/** A failure names its seed and its path; the shrunken commands stand with it. */
export async function tell<Model extends object, Real>({ commands, begin, end, seed, runs = 50 }: Story<Model, Real>): Promise<void> {
  const stories = fc.asyncProperty(fc.commands([...commands], { maxCommands: 20, size: "max" }), async (told) => {
    const { model, real } = await begin();
    await fc.asyncModelRun(() => ({ model, real }), told);
    await end(model, real);
  });
  await fc.assert(stories, { seed, numRuns: runs });
}
