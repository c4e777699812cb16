/** Three ways to run a test: pure code in Node, `*.workerd.test.ts` inside real workerd, `test/e2e/` against the running bundle. */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const WORKERD = "test/**/*.workerd.test.ts";
const E2E = "test/e2e/**/*.test.ts";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "pure", include: ["test/**/*.test.ts"], exclude: [WORKERD, E2E, "test/redis/**"] } },
      {
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
              },
            },
          }),
        ],
        test: { name: "workerd", include: [WORKERD], globalSetup: ["./test/fixtures/answering-setup.ts"] },
      },
      { test: { name: "e2e", include: [E2E], fileParallelism: false, testTimeout: 120_000, hookTimeout: 60_000, globalSetup: [] } },
    ],
  },
});
