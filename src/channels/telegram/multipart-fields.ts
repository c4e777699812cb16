/**
 * The plain fields at the beginning of a multipart/form-data body; files are stepped over, a part that the head cuts off is
 * not reported. It reads as the Bot API server does, or refuses: two readings of one body would be a way around ownership.
 * @see https://github.com/tdlib/td/blob/master/tdnet/td/net/HttpReader.cpp
 */
import { fail, ok, type Result } from "../../core/result.ts";
import type { EgressProblem } from "../egress.ts";
import type { Pair } from "./json-members.ts";

const BLANK_LINE = "\r\n\r\n";

const bad = (detail: string) => fail<EgressProblem>({ kind: "bad-body", detail });

export function multipartFields(text: string, contentType: string, wanted: ReadonlySet<string>): Result<readonly Pair[], EgressProblem> {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return bad("multipart without a boundary");
  const pairs: Pair[] = [];
  const delimiter = `\r\n--${boundary}`;
  /** The first delimiter may stand at the very beginning, without its line break. */
  let at = text.indexOf(`--${boundary}`) + delimiter.length - 2;
  while (at >= delimiter.length - 2 && !text.startsWith("--", at)) {
    const headersEnd = text.indexOf(BLANK_LINE, at);
    if (headersEnd === -1) break;
    const valueAt = headersEnd + BLANK_LINE.length;
    const part = readPart(text.slice(at, headersEnd));
    if (!part.ok) return part;
    const valueEnd = text.indexOf(delimiter, valueAt);
    if (valueEnd === -1) break;
    if (!part.value.isFile && wanted.has(part.value.name)) pairs.push([part.value.name, text.slice(valueAt, valueEnd)]);
    at = valueEnd + delimiter.length;
  }
  return ok(pairs);
}

function boundaryOf(contentType: string): string | undefined {
  const match = /boundary[^=]*=(?:"([^";]{1,200})"|([^";]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2]?.trimEnd();
}

interface Part {
  readonly name: string;
  readonly isFile: boolean;
}

function readPart(headers: string): Result<Part, EgressProblem> {
  const lines = headers
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n")
    .map(headerOf);
  const valuesOf = (name: string) => lines.filter(([key]) => key === name).map(([, value]) => value);
  const [disposition, second] = valuesOf("content-disposition");
  if (disposition === undefined || second !== undefined) return bad("a part without its one content-disposition");
  /** Such a part is more parameters in one; no client of the Bot API writes it. */
  if (valuesOf("content-type").some((type) => /x-www-form-urlencoded/i.test(type))) return bad("a form inside a multipart part");

  const parameters = disposition.split(";").slice(1).map(parameterOf);
  const names = parameters.filter(([key]) => key === "name");
  if (names.length !== 1 || names[0] === undefined) return bad("a part without its one name");
  return ok({ name: names[0][1], isFile: parameters.some(([key]) => key === "filename") });
}

function headerOf(line: string): Pair {
  const [name = "", ...rest] = line.split(":");
  return [name.trim().toLowerCase(), rest.join(":")];
}

function parameterOf(text: string): Pair {
  const [key = "", ...rest] = text.split("=");
  const value = rest.join("=").trim();
  return [key.trim(), /^".*"$/.test(value) ? value.slice(1, -1) : value];
}
