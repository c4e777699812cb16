/** What a push brings: the document's text alone, or a form of two parts, with the artefact its intents were trained into. Never throws. */
import { textOf, utf8 } from "../../src/core/bytes.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { readBody } from "../read-body.ts";
import type { AdminContext, AdminError } from "./answer.ts";
import { MAX_BODY_BYTES, readText } from "./read.ts";

export interface Push {
  readonly text: string;
  readonly artefact?: Uint8Array | undefined;
}

const MAX_MODEL_BYTES = 8 * 1024 * 1024;
const MAX_FORM_BYTES = MAX_MODEL_BYTES + MAX_BODY_BYTES;

export async function readPush(context: AdminContext): Promise<Result<Push, AdminError>> {
  const type = context.req.header("content-type") ?? "";
  if (/^multipart\/form-data\b/i.test(type)) return readForm(context, type);
  const text = await readText(context);
  return text.ok ? ok({ text: text.value }) : text;
}

async function readForm(context: AdminContext, type: string): Promise<Result<Push, AdminError>> {
  const body = await readBody(context.req.raw, MAX_FORM_BYTES);
  if (!body.ok) {
    return body.problem.kind === "body-too-large" ? tooLarge : bad("The body cannot be read. Send it whole and not compressed.");
  }
  try {
    const form = await new Response(body.value, { headers: { "content-type": type } }).formData();
    const [routes, model] = [await bytesOf(form.get("routes")), await bytesOf(form.get("model"))];
    const text = routes && textOf(routes);
    if (text === undefined || model === undefined) return bad("The form needs the parts routes (UTF-8) and model.");
    return model.length > MAX_MODEL_BYTES ? tooLarge : ok({ text, artefact: model });
  } catch {
    return bad("The body is not multipart/form-data.");
  }
}

async function bytesOf(part: File | string | null): Promise<Uint8Array | undefined> {
  if (part === null) return undefined;
  return typeof part === "string" ? utf8(part) : new Uint8Array(await part.arrayBuffer());
}

const bad = (message: string): Result<never, AdminError> => fail({ status: 400, code: "bad-form", message });

const tooLarge: Result<never, AdminError> = fail({
  ...{ status: 413, code: "body-too-large", message: `The model may have ${MAX_MODEL_BYTES} bytes, the document 1 MiB.` },
});
