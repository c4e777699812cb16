/** What operators send: bodies capped while they are read, JSON checked against a schema, names out of the path. Never throws. */
import * as z from "zod/mini";
import "../../src/core/english.ts";
import { textOf } from "../../src/core/bytes.ts";
import { parseJson } from "../../src/core/json.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { readBody } from "../read-body.ts";
import type { AdminContext, AdminError } from "./answer.ts";

/** A routes document may have 1 MiB; a little more is read, so that the loader itself can say that one is too large. */
export const MAX_BODY_BYTES = 1024 * 1024 + 64 * 1024;

const bad = (code: string, message: string): { readonly ok: false; readonly problem: AdminError } => fail({ status: 400, code, message });

export async function readText(context: AdminContext): Promise<Result<string, AdminError>> {
  const body = await readBody(context.req.raw, MAX_BODY_BYTES);
  if (!body.ok && body.problem.kind === "body-too-large") {
    return fail({ status: 413, code: "body-too-large", message: `The body has more than ${MAX_BODY_BYTES} bytes.` });
  }
  if (!body.ok) return bad(body.problem.kind, "The body cannot be read. Send it whole and not compressed.");
  const text = textOf(body.value);
  return text === undefined ? bad("not-utf8", "The body is not UTF-8.") : ok(text);
}

/** An absent body reads as an empty object, so that requests whose members are all optional need none. */
export async function readInput<Schema extends z.ZodMiniType>(
  context: AdminContext,
  schema: Schema,
): Promise<Result<z.output<Schema>, AdminError>> {
  const text = await readText(context);
  if (!text.ok) return text;
  const parsed = parseJson(text.value === "" ? "{}" : text.value);
  if (!parsed.ok) return bad(parsed.problem.reason, `The body is not the JSON this needs: ${parsed.problem.detail}.`);
  return checked(schema, parsed.value);
}

export const readQuery = <Schema extends z.ZodMiniType>(context: AdminContext, schema: Schema): Result<z.output<Schema>, AdminError> =>
  checked(schema, context.req.query());

function checked<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): Result<z.output<Schema>, AdminError> {
  const result = schema.safeParse(value);
  if (result.success) return ok(result.data);
  const reasons = result.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  return bad("bad-input", reasons.slice(0, 10).join("; "));
}

/**
 * The rest of the path after `prefix`, decoded once. Taken from the URL itself, because names of conversations hold slashes and
 * percent signs that a router would read for itself.
 */
export function nameIn(context: AdminContext, prefix: string, suffix = ""): string | undefined {
  const path = new URL(context.req.url).pathname;
  if (!path.startsWith(prefix) || !path.endsWith(suffix)) return undefined;
  try {
    return decodeURIComponent(path.slice(prefix.length, path.length - suffix.length));
  } catch {
    return undefined;
  }
}

export const limitOf = (most: number, otherwise: number) =>
  z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(most)), otherwise);
