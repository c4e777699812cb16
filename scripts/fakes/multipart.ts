/** Reads a multipart form as it streams by: small fields are kept, files are counted and hashed and never held. @see https://www.rfc-editor.org/rfc/rfc7578 */
import { createHash, type Hash } from "node:crypto";

export interface FormFile {
  readonly field: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Form {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly FormFile[];
}

interface Part {
  readonly field: string;
  readonly fileName: string | undefined;
  readonly hash: Hash;
  readonly kept: Buffer[];
  bytes: number;
}

const MAX_FIELD_BYTES = 1024 * 1024;
const HEADER_END = Buffer.from("\r\n\r\n");

function partOf(header: string): Part {
  const attribute = (name: string): string | undefined => new RegExp(`[;\\s]${name}="([^"]*)"`, "i").exec(header)?.[1];
  return { field: attribute("name") ?? "", fileName: attribute("filename"), hash: createHash("sha256"), kept: [], bytes: 0 };
}

function take(part: Part, content: Buffer): void {
  part.bytes += content.length;
  if (part.fileName !== undefined) part.hash.update(content);
  else if (part.bytes <= MAX_FIELD_BYTES) part.kept.push(Buffer.from(content));
}

export const boundaryOf = (contentType: string): string | undefined => {
  const found = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
};

export async function readForm(body: AsyncIterable<Buffer>, boundary: string): Promise<Form> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  let current: Part | undefined;
  let rest: Buffer = Buffer.from("\r\n");
  /** Consumes what is certain of `rest`; true when something was consumed. */
  const step = (): boolean => {
    const mark = current === undefined ? HEADER_END : delimiter;
    const at = rest.indexOf(mark);
    if (at >= 0) {
      if (current === undefined) {
        current = partOf(rest.toString("latin1", 0, at));
        parts.push(current);
      } else {
        take(current, rest.subarray(0, at));
        current = undefined;
      }
      rest = rest.subarray(at + mark.length);
      return true;
    }
    const certain = current === undefined ? 0 : rest.length - delimiter.length;
    if (current !== undefined && certain > 0) {
      take(current, rest.subarray(0, certain));
      rest = rest.subarray(certain);
    }
    return false;
  };
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    while (step());
  }
  return formOf(parts);
}

function formOf(parts: readonly Part[]): Form {
  const fields = parts.filter((part) => part.fileName === undefined).map((part) => [part.field, Buffer.concat(part.kept).toString("utf8")]);
  const files = parts.flatMap(({ field, fileName, bytes, hash }) =>
    fileName === undefined ? [] : [{ field, name: fileName, bytes, sha256: hash.digest("hex") }],
  );
  return { fields: Object.fromEntries(fields), files };
}
