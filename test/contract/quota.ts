/** What every quota backend promises, whoever keeps the buckets. A backend's test hands over how to build one. */
import { describe, expect, it } from "vitest";
import type { Quota } from "../../src/ports/quota.ts";

export interface QuotaSubject {
  readonly name: string;
  readonly create: () => Quota;
}

let names = 0;
const freshName = (): string => {
  names += 1;
  return `contract/${Date.now()}/${names}`;
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const SLOW_RULE = { perMinute: 1, burst: 20 };
const QUICK_RULE = { perMinute: 60, burst: 1 };

export function keepsTheQuotaPromises({ name: subject, create }: QuotaSubject): void {
  describe(`the quota of ${subject}`, () => {
    it("admits exactly the burst of fifty takes at once", async () => {
      const quota = create();
      const name = freshName();
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => quota.take(name, SLOW_RULE)));
      expect(verdicts.filter(({ isAllowed }) => isAllowed)).toHaveLength(SLOW_RULE.burst);
    });

    it("admits exactly the burst through two handles on the same backend", async () => {
      const [left, right] = [create(), create()];
      const name = freshName();
      const verdicts = await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? left : right).take(name, SLOW_RULE)));
      expect(verdicts.filter(({ isAllowed }) => isAllowed)).toHaveLength(SLOW_RULE.burst);
    });

    it("says how long to wait, and that wait is enough and no longer than one token takes", async () => {
      const quota = create();
      const name = freshName();
      expect(await quota.take(name, QUICK_RULE)).toEqual({ isAllowed: true });
      const refusal = await quota.take(name, QUICK_RULE);
      if (refusal.isAllowed) throw new Error("the second take was admitted");
      expect(refusal.retryAfterMs).toBeGreaterThan(0);
      expect(refusal.retryAfterMs).toBeLessThanOrEqual(60_000 / QUICK_RULE.perMinute);
      await pause(refusal.retryAfterMs + 20);
      expect(await quota.take(name, QUICK_RULE)).toEqual({ isAllowed: true });
    });

    it("is not postponed by those who ask while it is empty", async () => {
      const quota = create();
      const name = freshName();
      await quota.take(name, QUICK_RULE);
      const startedAtMs = Date.now();
      for (;;) {
        const verdict = await quota.take(name, QUICK_RULE);
        if (verdict.isAllowed) break;
        await pause(Math.min(100, verdict.retryAfterMs));
      }
      expect(Date.now() - startedAtMs).toBeLessThan(2 * (60_000 / QUICK_RULE.perMinute));
    });

    it("refills to the burst and not above it", async () => {
      const quota = create();
      const name = freshName();
      const rule = { perMinute: 600, burst: 3 };
      for (let index = 0; index < 3; index += 1) await quota.take(name, rule);
      await pause(700);
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => quota.take(name, rule)));
      const admitted = verdicts.filter(({ isAllowed }) => isAllowed).length;
      expect(admitted).toBeGreaterThanOrEqual(3);
      // a token may come in while the twenty are asked, on a busy machine perhaps a few
      expect(admitted).toBeLessThan(10);
    });

    it("keeps names apart", async () => {
      const quota = create();
      const [one, other] = [freshName(), freshName()];
      expect(await quota.take(one, QUICK_RULE)).toEqual({ isAllowed: true });
      expect((await quota.take(one, QUICK_RULE)).isAllowed).toBe(false);
      expect(await quota.take(other, QUICK_RULE)).toEqual({ isAllowed: true });
    });

    it.each([
      ["a rate above a thousand a second", { perMinute: 1_000_000, burst: 5 }],
      ["a token every few hours", { perMinute: 0.005, burst: 1 }],
      ["a rate that is not a whole number", { perMinute: 7.3, burst: 2 }],
    ])("can keep %s", async (_, rule) => {
      expect(await create().take(freshName(), rule)).toEqual({ isAllowed: true });
    });

    it.each(["", "telegram:support", 'quote"\n{}*?', "電報:支援", "__proto__"])("takes %j for a name like any other", async (name) => {
      const quota = create();
      const verdict = await quota.take(name, { perMinute: 60, burst: 1000 });
      expect(verdict.isAllowed).toBe(true);
    });
  });
}
