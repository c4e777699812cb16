/** Whether what conversations remember for their next owner can be encrypted: without its key nothing is remembered. */
import type { Routes } from "../../config/routes.ts";
import { sealingKey } from "../../core/sealed.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { bad, type CheckLine, good } from "./report.ts";

/** One line for each pool of this instance that remembers. */
export function keyLines(instance: string, routes: Routes, secrets: Secrets): Promise<readonly CheckLine[]> {
  const keys = [...routes.pools].flatMap(([name, { handover, instances }]) =>
    handover !== undefined && instances.includes(instance) ? [{ check: `pool ${name}: handover key`, variable: handover.key }] : [],
  );
  return Promise.all(
    keys.map(async ({ check, variable }) => {
      const secret = secrets.get(variable);
      if (secret !== undefined && (await sealingKey(secret)) !== undefined) return good(check, variable);
      return bad(check, `the variable ${variable} is not 32 bytes in base64`, `openssl rand -base64 32 | wrangler secret put ${variable}`);
    }),
  );
}
