/** `npm run typecheck`: generates the Workers types when needed, then checks every room under its own tsconfig. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const ROOMS = ["src", "durable-objects", "workers", "scripts", "test"];
const GENERATED = "worker-configuration.d.ts";

const run = (command: string, args: readonly string[]): boolean => spawnSync(command, args, { stdio: "inherit" }).status === 0;

const isFresh = existsSync(GENERATED) && statSync(GENERATED).mtimeMs > statSync("wrangler.toml").mtimeMs;
const generated = isFresh || run("wrangler", ["types", "-c", "wrangler.toml", "--include-env=false", GENERATED]);
const failed = ROOMS.filter((room) => existsSync(`${room}/tsconfig.json`) && !run("tsc", ["-p", room]));

if (!generated || failed.length > 0) {
  console.error(`types: failed in ${failed.join(", ")}`);
  process.exit(1);
}
