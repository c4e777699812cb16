/** What `instance check` says of the key with which conversations remember. */
import { expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { keyLines } from "../../../src/pipeline/check/handover-key.ts";
import { loadForTest } from "../../support/catalogue.ts";

const account = { pool: "sales", phoneNumberId: "1", secrets: { app: "A", verify: "V", token: "T" } };
const { routes } = loadForTest({
  accounts: { "whatsapp:sales": account },
  instances: { "us-1": { url: "https://us-1.example" }, "us-2": { url: "https://us-2.example" } },
  pools: {
    sales: { instances: ["us-1"], agent: "sales-public", handover: { key: "KEY" } },
    other: { instances: ["us-1", "us-2"], agent: "sales-public" },
  },
});
const said = async (instance: string, value?: string) =>
  (await keyLines(instance, routes, { get: () => (value === undefined ? undefined : new Secret(value)) })).map(
    ({ check, status }) => `${check}: ${status}`,
  );

it("a key of 32 bytes is fine, anything else is not, and who remembers nothing needs none", async () => {
  expect(await said("us-1", btoa("0123456789abcdef".repeat(2)))).toEqual(["pool sales: handover key: ok"]);
  expect(await said("us-1", "a password")).toEqual(["pool sales: handover key: fail"]);
  expect(await said("us-1")).toEqual(["pool sales: handover key: fail"]);
  expect(await said("us-2")).toEqual([]);
});
