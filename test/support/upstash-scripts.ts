/**
 * Lua scripts between an Upstash client and a stock Redis. Upstash knows a script flag that Redis refuses, so the flag is taken
 * out on the way in; and as a script is called by the hash of its text, both hashes are remembered and swapped both ways.
 * @see https://redis.io/docs/latest/develop/programmability/lua-api/#script_flags
 */
import { createHash } from "node:crypto";

const UPSTASH_FLAG = "allow-key-locking";
const SHEBANG = /^#!lua([^\n]*)/;

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

export class ScriptBook {
  readonly #stockOf = new Map<string, string>();
  readonly #clientOf = new Map<string, string>();

  /** The script as a stock Redis takes it. */
  toStock(script: string): string {
    const stock = script.replace(SHEBANG, (_, options: string) => `#!lua${withoutFlag(options)}`);
    if (stock !== script) {
      this.#stockOf.set(sha1(script), sha1(stock));
      this.#clientOf.set(sha1(stock), sha1(script));
    }
    return stock;
  }

  stockHash(hash: string): string {
    return this.#stockOf.get(hash.toLowerCase()) ?? hash;
  }

  clientHash(hash: string): string {
    return this.#clientOf.get(hash) ?? hash;
  }
}

function withoutFlag(options: string): string {
  const flags = /flags=([\w,-]+)/.exec(options)?.[1]?.split(",") ?? [];
  const left = flags.filter((flag) => flag !== UPSTASH_FLAG);
  return left.length === 0 ? "" : ` flags=${left.join(",")}`;
}
