/** Three ways to run a test: pure code in Node, `*.workerd.test.ts` inside real workerd, `test/e2e/` against the running bundle. */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const WORKERD = "test/**/*.workerd.test.ts";
const E2E = "test/e2e/**/*.test.ts";

export default defineConfig({
  test: {
    // The edge logs one line per message: shown only where something failed.
    silent: "passed-only",
    // Most of a test's time is waiting for processes and alarms: two at once keep two cores busy, and more would only be in each other's way.
    maxWorkers: 2,
    // Slow machines may be slow: what is asserted is that it happens, and how often, never how soon.
    expect: { poll: { timeout: 15_000, interval: 20 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "pure", include: ["test/**/*.test.ts"], exclude: [WORKERD, E2E, "test/redis/**"] } },
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                JURISDICTIONS: "off",
                ALLOW_PRIVATE_INSTANCES: "true",
                CONFIG_TTL_MS: "50",
                ADMIN_TOKEN: "test-admin-token",
                PUBLIC_URL: "https://edge.test",
                LISTENER_SECRET: "listener-secret",
                TG_TOKEN: "123456789:AAF-real_token_of_the_bot_0123456789",
                TG_SECRET: "hook-secret",
                HANDOVER_KEY: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                HANDOVER_KEY_2: "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
                TELEGRAM_API_BASE: "https://telegram.test",
                WHATSAPP_API_BASE: "https://graph.test",
              },
            },
          }),
        ],
        test: { name: "workerd", include: [WORKERD], globalSetup: ["./test/fixtures/answering-setup.ts"] },
      },
      {
        extends: true,
        test: { name: "e2e", include: [E2E], testTimeout: 120_000 },
      },
    ],
  },
});
