/** Variables of a local edge: what the dotenv file says over what a loopback edge needs by itself. Never prints a value. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { errorCode, usageFailure } from "./failure.ts";

export type Vars = Readonly<Record<string, string>>;

export function readVars(file: string): Vars {
  try {
    const entries = Object.entries(parseEnv(readFileSync(file, "utf8")));
    return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  } catch (error) {
    throw usageFailure(
      `cannot read --vars ${file} (${errorCode(error) ?? String(error)}): create it with NAME=value lines, e.g. ADMIN_TOKEN=…`,
    );
  }
}

/** What workerd by itself lacks (jurisdictions, a header that only the platform can set), what loopback allows (private instances), and a short wait for edited routes. */
export const localVars = (url: string): Vars => ({
  JURISDICTIONS: "off",
  ALLOW_PRIVATE_INSTANCES: "true",
  CONFIG_TTL_MS: "1000",
  PUBLIC_URL: url,
  CLIENT_ADDRESS_HEADER: "",
});
