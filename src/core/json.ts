/** JSON from outside: a linear pre-scan for depth and key count, then the platform's parser. */
import { fail, ok, type Result } from "./result.ts";

export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
}

export const JSON_LIMITS: JsonLimits = { maxDepth: 64, maxKeys: 10_000 };

export type JsonProblem = { readonly reason: "not-json" | "too-deep"; readonly detail: string };

const QUOTE = 34;
const BACKSLASH = 92;

/** The value of a JSON text whose nesting and number of members stay within the limits. Never throws. */
export function parseJson(text: string, limits: JsonLimits = JSON_LIMITS): Result<unknown, JsonProblem> {
  const shape = measureShape(text);
  if (shape.depth > limits.maxDepth)
    return fail({ reason: "too-deep", detail: `nested ${shape.depth} levels, at most ${limits.maxDepth}` });
  if (shape.keys > limits.maxKeys) return fail({ reason: "too-deep", detail: `${shape.keys} members, at most ${limits.maxKeys}` });
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return fail({ reason: "not-json", detail: "the body is not JSON" });
  }
}

function measureShape(text: string): { readonly depth: number; readonly keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === 123 || code === 91) deepest = Math.max(deepest, ++depth);
    else if (code === 125 || code === 93) depth -= 1;
    else if (code === 58 || code === 44) keys += 1;
  }
  return { depth: deepest, keys };
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index += 1;
    else if (code === QUOTE) return index;
  }
  return text.length;
}
