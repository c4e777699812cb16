/**
 * Files that a message only names, fetched with their account's own token. The token goes to hosts that the channel calls the
 * platform's and to nobody else: not over a redirect, and not to an address that merely stood in an answer. Reasons are short words,
 * without addresses. Never throws, and never reads more of a file than was asked for.
 */
import type { MediaPlace } from "../src/channels/media-source.ts";
import { fail, ok, type Result } from "../src/core/result.ts";
import type { MediaRef } from "../src/core/turn.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Http } from "../src/ports/http.ts";
import type { FoundMedia, Media } from "../src/ports/media.ts";
import { type Connection, callPlatform, type PlatformProblem } from "./bot/platform.ts";
import { cappedStream } from "./capped-stream.ts";

export interface FilePorts {
  readonly connect: (account: string) => Promise<Result<Connection, PlatformProblem>>;
  readonly http: Http;
  readonly clock: Clock;
}

/** For the head of the answer; the file itself may take as long as whoever reads it allows. */
const HEAD_MS = 10_000;
/** Some file hosts refuse requests that do not say what they come from. */
const USER_AGENT = "clawedge";

export const platformFiles = (ports: FilePorts): Media => ({
  find: (account, media) => find(account, media, ports).catch(() => fail("the platform could not be asked")),
});

async function find(account: string, { id }: MediaRef, ports: FilePorts): Promise<Result<FoundMedia, string>> {
  const connection = await ports.connect(account);
  if (!connection.ok) return fail(inWords(connection.problem));
  const source = connection.value.channel.media;
  if (source === undefined) return fail("this channel's files are not the edge's to fetch");
  const answer = await callPlatform(connection.value, source.find(id), ports);
  if (!answer.ok) return fail(inWords(answer.problem));
  const place = source.read(answer.value);
  if (place === undefined) return fail("the platform does not say where the file is");
  const { mimeType, bytes } = place;
  const open = (maxBytes: number) => openAt(place, maxBytes, { ...ports, connection: connection.value });
  return ok({ mimeType, ...(bytes === undefined ? {} : { bytes }), open });
}

function inWords(problem: PlatformProblem): string {
  if (problem.kind === "refused") return `http ${problem.status}`;
  return problem.kind === "unreached" ? "the platform was not reached" : problem.detail;
}

interface Opening extends FilePorts {
  readonly connection: Connection;
}

async function openAt(place: MediaPlace, maxBytes: number, opening: Opening): Promise<Result<ReadableStream<Uint8Array>, string>> {
  const { connection, clock } = opening;
  const url = URL.parse(place.url);
  if (url === null || connection.channel.media?.isTrusted(url, connection.base) !== true) return fail("the file is not at its platform");
  const end = new AbortController();
  const hasHead = new AbortController();
  const late = clock.sleep(HEAD_MS, hasHead.signal).then(() => undefined);
  try {
    const asked = ask(url, end.signal, opening);
    // Without this, a request that fails after its deadline would be nobody's.
    asked.catch(() => undefined);
    const response = await Promise.race([asked, late]);
    if (response?.ok !== true || response.body === null) {
      end.abort();
      return fail(response === undefined ? "no answer in time" : `http ${response.status}`);
    }
    if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
      end.abort();
      return fail("too large");
    }
    return ok(cappedStream(response.body, maxBytes));
  } catch {
    end.abort();
    return fail("the file's host was not reached");
  } finally {
    hasHead.abort();
  }
}

const ask = async (url: URL, signal: AbortSignal, { http, connection }: Opening): Promise<Response> =>
  http.fetch(url.href, {
    headers: { authorization: `Bearer ${connection.token.open()}`, "user-agent": USER_AGENT },
    redirect: "manual",
    signal,
  });
