import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { checkBundle, MAX_GZIP_BYTES } from "../../scripts/check-bundle.ts";

test("a small clean bundle has no complaints", () => {
  expect(checkBundle('import { DurableObject } from "cloudflare:workers"; export default {};').complaints).toEqual([]);
});

test.each([
  ['import{Buffer}from"node:buffer"', /Node module/],
  ['await import("node:fs")', /Node module/],
  ['import"cloudflare:test"', /test support/],
  ['const e="Ungültige Eingabe"', /languages/],
  ['const S=$constructor("ZodString",()=>{})', /methods/],
  ['described(z.enum(R),"Cloudflare location hint nearest to the thing")', /sentences/],
  ['if(p==="/__control/deliver")', /stand-in/],
  ['Reflect.get(env,"FAULT_POINT")', /points at which/],
])("%s is refused", (code, meaning) => {
  expect(checkBundle(code).complaints.join()).toMatch(meaning);
});

test("the budget counts gzipped bytes", () => {
  expect(checkBundle("a".repeat(10 * MAX_GZIP_BYTES)).complaints).toEqual([]);
  expect(checkBundle(randomBytes(2 * MAX_GZIP_BYTES).toString("hex")).complaints.join()).toMatch(/budget is 220\.0 KiB/);
});
