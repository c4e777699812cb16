/**
 * The files of the stand-in for Meta's Graph API: what it says of one, their download, and another origin that is nobody's,
 * to which a bad answer can lead and which remembers whether a token came along. Outermost edge only.
 * @see https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Json } from "./graph-error.ts";
import { listen, type Service, sleep } from "./http-service.ts";

/**
 * - redirect: the download answers with the way to a strange origin
 * - wrong-host: the file's address is on a strange origin
 * - endless: the body does not end
 * - huge: 100 MB, however large the file is said to be
 * - missing: 404, as for an address that is too old
 * - hang: no answer
 */
export const MEDIA_FAULTS = ["redirect", "wrong-host", "endless", "huge", "missing", "hang"] as const;

export interface MediaOptions {
  /** What is in it; or `bytes` of nothing in particular. */
  readonly content?: string | Uint8Array;
  readonly bytes?: number;
  readonly mimeType?: string;
  readonly fileName?: string;
  /** Spoken into the phone. */
  readonly voice?: boolean;
  readonly fault?: (typeof MEDIA_FAULTS)[number];
}

/** A request that reached the strange origin. */
export interface Stray {
  readonly path: string;
  readonly authorization: string | undefined;
}

export interface MediaStore {
  /** Answers a download; undefined when the path is none. */
  readonly answer: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | undefined;
  readonly add: (options: MediaOptions) => string;
  /** What `GET /<id>` says; undefined when there is no such file. */
  readonly infoOf: (id: string) => Json | undefined;
  /** What a webhook says. */
  readonly mentionOf: (id: string) => Json | undefined;
  readonly strays: () => readonly Stray[];
  readonly close: () => Promise<void>;
}

interface File extends MediaOptions {
  readonly id: string;
  readonly size: number;
  readonly sha256: Buffer;
}

const HUGE_BYTES = 100 * 1024 * 1024;
const BLOCK = Buffer.alloc(64 * 1024, "claw");
const ENDLESS_EVERY_MS = 5;
const PATH = "/whatsapp_business/attachments/";

function* block(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
}

const contentOf = ({ content, bytes = 0 }: MediaOptions): Iterable<Buffer> =>
  content === undefined ? block(bytes) : [Buffer.from(content)];

function newFile(id: string, options: MediaOptions): File {
  const hash = createHash("sha256");
  let size = 0;
  for (const chunk of contentOf(options)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { ...options, id, size, sha256: hash.digest() };
}

async function pour(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write(BLOCK);
    await sleep(ENDLESS_EVERY_MS);
  }
}

async function download(file: File, response: ServerResponse, strangeUrl: string): Promise<void> {
  const { mimeType = "application/octet-stream", fault } = file;
  if (fault === "hang") return;
  if (fault === "missing") return void response.writeHead(404).end();
  if (fault === "redirect") return void response.writeHead(302, { location: `${strangeUrl}/redirected` }).end();
  if (fault === "endless" || fault === "huge") {
    response.writeHead(200, { "content-type": mimeType });
    return fault === "endless" ? pour(response) : pipeline(Readable.from(block(HUGE_BYTES)), response);
  }
  response.writeHead(200, { "content-type": mimeType, "content-length": file.size });
  await pipeline(Readable.from(contentOf(file)), response);
}

/** A client that has had enough hangs up: that is no failure of the stand-in. */
const orHungUp = (sending: Promise<void>): Promise<void> =>
  sending.catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  });

function strangeOrigin(strays: Stray[]): Promise<Service> {
  return listen(0, (request, response, url) => {
    strays.push({ path: url.pathname, authorization: request.headers.authorization });
    response.end("not Meta's");
  });
}

export interface MediaHome {
  readonly isToken: (bearer: string | undefined) => boolean;
  /** Where downloads come from: the API's own origin, which is the only one besides Meta's that the edge sends a token to. */
  readonly origin: () => string;
}

export async function startMedia({ isToken, origin }: MediaHome): Promise<MediaStore> {
  const files = new Map<string, File>();
  const strays: Stray[] = [];
  const strange = await strangeOrigin(strays);
  const answerDownload = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    if (!isToken(request.headers.authorization)) return void response.writeHead(401).end();
    const file = files.get(url.searchParams.get("mid") ?? "");
    if (file === undefined) return void response.writeHead(404).end();
    await orHungUp(download(file, response, strange.url));
  };
  const addressOf = ({ id, fault, sha256 }: File): string =>
    `${fault === "wrong-host" ? strange.url : origin()}${PATH}?mid=${id}&ext=1790000000&hash=${sha256.toString("hex").slice(0, 16)}`;
  const factsOf = (file: File) => ({ id: file.id, mime_type: file.mimeType ?? "application/octet-stream", url: addressOf(file) });
  return {
    answer: (request, response, url) => (url.pathname === PATH ? answerDownload(request, response, url) : undefined),
    add: (options) => {
      const id = `${1_000_000_000_000 + files.size}`;
      files.set(id, newFile(id, options));
      return id;
    },
    infoOf: (id) => {
      const file = files.get(id);
      return file && { ...factsOf(file), sha256: file.sha256.toString("hex"), file_size: file.size, messaging_product: "whatsapp" };
    },
    mentionOf: (id) => {
      const file = files.get(id);
      const name = file?.fileName === undefined ? {} : { filename: file.fileName };
      return file && { ...factsOf(file), ...name, ...(file.voice ? { voice: true } : {}), sha256: file.sha256.toString("base64") };
    },
    strays: () => strays,
    close: strange.close,
  };
}
