/**
 * The KV keys of the configuration: `routes`, the document as an operator wrote it; `accepted`, what is in force; and `model:<name>`,
 * what its intents were trained into. Only the Config object writes the last two; nothing that must be exact or fast is trusted to any.
 * Plain letters, because a local edge keeps each key in a file.
 */
import * as z from "zod/mini";
import { MAX_DOCUMENT_BYTES } from "../../src/config/load.ts";
import { base64url, utf8 } from "../../src/core/bytes.ts";
import { sha256 } from "../../src/core/crypto.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";

export const RAW_KEY = "routes";
export const ACCEPTED_KEY = "accepted";

/** @see https://developers.cloudflare.com/kv/api/read-key-value-pairs/#cachettl-parameter */
const MIN_CACHE_TTL_S = 30;

/** What has this name never changes; but that there is none yet is kept as long. */
const MODEL_TTL_S = 300;

/** The document inside JSON: every character escaped as `\u0000` at worst, and room for the rest. */
const MAX_ACCEPTED_LENGTH = 6 * MAX_DOCUMENT_BYTES + 64 * 1024;

const canarySchema = z.object({
  id: z.string(),
  pool: z.string(),
  instance: z.string(),
  percentage: z.number(),
  startedAtMs: z.number(),
  untilMs: z.number(),
  phase: z.enum(["running", "promoted", "rolled-back"]),
  verdict: z.exactOptional(z.string()),
  endedAtMs: z.exactOptional(z.number()),
});

/** Loose about what a newer version may add, so that an older isolate goes on reading while a deploy spreads. */
const acceptedSchema = z.object({
  number: z.int().check(z.positive()),
  text: z.string(),
  draining: z.array(z.string()),
  /** Both unknown to the first release, which reads past them; older ones than this know no residencies. */
  returning: z._default(z.array(z.string()), []),
  canaries: z._default(z.array(canarySchema), []),
  residencies: z.optional(z.array(z.string())),
  /** The raw text the Config object dealt with last; isolates offer only another one. */
  rawHash: z.optional(z.string()),
  isRawRejected: z._default(z.boolean(), false),
  acceptedAtMs: z.number(),
  /** The artefact of its intents, by name; only with it is the document in force. Unknown to the first release, as intents are. */
  model: z.optional(z.string()),
});

export type AcceptedCopy = Readonly<z.infer<typeof acceptedSchema>>;

export const hashOf = async (text: string): Promise<string> => base64url(await sha256(utf8(text)));

export const writeAccepted = (kv: KVNamespace, copy: AcceptedCopy): Promise<void> => kv.put(ACCEPTED_KEY, JSON.stringify(copy));

export const writeRaw = (kv: KVNamespace, text: string): Promise<void> => kv.put(RAW_KEY, text);

const modelKey = (name: string): string => `model:${name}`;

export const writeModel = (kv: KVNamespace, name: string, artefact: Uint8Array): Promise<void> => kv.put(modelKey(name), artefact);

export const deleteModel = (kv: KVNamespace, name: string): Promise<void> => kv.delete(modelKey(name));

/** As it is there: whether it is the one that was meant, its name says. */
export async function readModel(kv: KVNamespace, name: string): Promise<Uint8Array | undefined> {
  const artefact = await kv.get(modelKey(name), { type: "arrayBuffer", cacheTtl: MODEL_TTL_S });
  return artefact === null ? undefined : new Uint8Array(artefact);
}

/** Undefined when there is none; a problem when KV did not answer, or not with what we write. */
export async function readAccepted(kv: KVNamespace, ttlMs: number): Promise<Result<AcceptedCopy | undefined, string>> {
  const text = await readText(kv, ACCEPTED_KEY, ttlMs);
  return text.ok && text.value !== undefined ? parseAccepted(text.value) : (text as Result<undefined, string>);
}

export const readRaw = (kv: KVNamespace, ttlMs: number): Promise<Result<string | undefined, string>> => readText(kv, RAW_KEY, ttlMs);

async function readText(kv: KVNamespace, key: string, ttlMs: number): Promise<Result<string | undefined, string>> {
  const cacheTtl = Math.floor(ttlMs / 1000);
  try {
    const options = cacheTtl < MIN_CACHE_TTL_S ? { type: "text" as const } : { type: "text" as const, cacheTtl };
    return ok((await kv.get(key, options)) ?? undefined);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function parseAccepted(text: string): Result<AcceptedCopy, string> {
  if (text.length > MAX_ACCEPTED_LENGTH) return fail(`the accepted copy has ${text.length} characters`);
  try {
    const checked = acceptedSchema.safeParse(JSON.parse(text));
    return checked.success ? ok(checked.data) : fail(`the accepted copy is malformed: ${z.prettifyError(checked.error)}`);
  } catch {
    return fail("the accepted copy is not JSON");
  }
}
