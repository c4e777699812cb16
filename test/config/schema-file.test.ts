import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SCHEMA_FILE, schemaText } from "../../scripts/schema.ts";

it("the JSON Schema is what the schema says today: `npm run schema` when this fails", () => {
  expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(schemaText());
});

it("the example names the schema beside it", () => {
  expect(readFileSync("routes.example.jsonc", "utf8")).toContain(`"$schema": "./${SCHEMA_FILE}"`);
});
