/** Where the edge is and how to speak to it: a flag, the environment, or a local edge that runs in this directory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AdminClient, adminClient } from "./client.ts";
import { edgeError, usageError } from "./failure.ts";

/** Written by a running local edge into its state directory; the demo and `npm run edge` keep theirs here unless told otherwise. */
const LOCAL_EDGES = [".clawedge/edge.json", ".clawedge/edge/edge.json"];

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly warn: (line: string) => void;
}

export function findEdge(flag: string | undefined, around: Surroundings): AdminClient {
  const url = flag ?? given(around, "CLAWEDGE_URL") ?? localEdge(around.directory);
  if (url === undefined) throw edgeError("CLAWEDGE_URL is not set: pass --edge https://..., or export CLAWEDGE_URL");
  const parsed = URL.parse(url);
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) {
    throw usageError(`${url} is not an address of an edge: write it as https://edge.example.com`);
  }
  const token = given(around, "CLAWEDGE_ADMIN_TOKEN");
  if (token === undefined) throw edgeError("CLAWEDGE_ADMIN_TOKEN is not set: export it with the value of the edge's ADMIN_TOKEN");
  if (!/^[\x21-\x7e]+$/.test(token)) throw usageError("CLAWEDGE_ADMIN_TOKEN holds a space or a character that cannot be sent");
  if (parsed.protocol === "http:" && !isLoopback(parsed.hostname))
    around.warn(`${parsed.host} is not https: the token can be read on the way`);
  return adminClient(url, token);
}

const given = ({ env }: Surroundings, name: string): string | undefined => (env[name] === "" ? undefined : env[name]);

const isLoopback = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\./.test(host);

function localEdge(directory: string): string | undefined {
  for (const file of LOCAL_EDGES) {
    try {
      const info: unknown = JSON.parse(readFileSync(join(directory, file), "utf8"));
      if (typeof info === "object" && info !== null && "url" in info && typeof info.url === "string") return info.url;
    } catch {
      // Not there, or half written: the next one, or what the message says.
    }
  }
  return undefined;
}
