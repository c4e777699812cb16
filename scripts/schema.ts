/** `npm run schema`: writes docs/routes.schema.json, which editors use for completion, from the one schema there is. A test fails while it is stale. */
import { writeFileSync } from "node:fs";
import * as z from "zod";
import { routesSchema } from "../src/config/schema.ts";

export const SCHEMA_FILE = "docs/routes.schema.json";

/** As operators write it (defaults may be left out), with the two extensions by which VS Code allows comments and trailing commas. */
export function schemaText(): string {
  const schema = z.toJSONSchema(routesSchema, { io: "input", target: "draft-07", reused: "ref" });
  const titled = { title: "ClawEdge routes", allowComments: true, allowTrailingCommas: true, ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, schemaText());
  console.log(`wrote ${SCHEMA_FILE}`);
}
