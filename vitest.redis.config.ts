/** Tests against a real redis-server, apart from `npm test` because it has to be installed: `npm run test:redis`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "redis", include: ["test/redis/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 20_000 },
});
