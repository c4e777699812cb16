/** A file of 20 MB through the egress, up and down: the edge must stream it, so workerd may not grow by the file. */
import { join } from "node:path";
import * as z from "zod";
import type { Bundle } from "../edge/manifest.ts";
import { startBenchEdge } from "./edge-target.ts";
import { startPlatform } from "./platform.ts";
import { type Growth, growthDuring } from "./resident.ts";

const FILE_BYTES = 20_000_000;
const ADMIN_TOKEN = "admin-token-of-the-bench-0123456789";
const BOUNDARY = "bench-boundary";

const issued = z.object({ token: z.string(), apiRoot: z.string() });
const uploaded = z.object({ ok: z.literal(true), result: z.object({ bytes: z.number() }) });

export interface FileGrowth {
  readonly upload: Growth;
  readonly download: Growth;
}

async function issueToken(edgeUrl: string): Promise<z.infer<typeof issued>> {
  const answer = await fetch(`${edgeUrl}/admin/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ account: "telegram:bench", instance: "one" }),
    redirect: "manual",
  });
  return issued.parse(await answer.json());
}

function multipart(): Blob {
  const part = (head: string): string => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`;
  const start = `${part('name="chat_id"')}700000001\r\n${part('name="document"; filename="a.bin"')}`;
  return new Blob([start, new Uint8Array(FILE_BYTES), `\r\n--${BOUNDARY}--\r\n`]);
}

async function upload(url: string): Promise<void> {
  const headers = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };
  const answer = await fetch(url, { method: "POST", headers, body: multipart(), redirect: "manual" });
  const { bytes } = uploaded.parse(await answer.json()).result;
  if (bytes < FILE_BYTES) throw new Error(`the platform got ${bytes} bytes of the upload`);
}

async function download(url: string): Promise<void> {
  const answer = await fetch(url, { redirect: "manual" });
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += chunk.length;
  if (bytes !== FILE_BYTES) throw new Error(`got ${bytes} bytes of the download (status ${answer.status})`);
}

/** Twice: what one file leaves behind shows when the next comes. */
async function measured(pid: number, work: () => Promise<void>): Promise<Growth> {
  return growthDuring(pid, async () => {
    await work();
    await work();
  });
}

export async function measureFiles(bundle: Bundle, dir: string): Promise<FileGrowth> {
  const platform = await startPlatform(FILE_BYTES);
  const vars = { ADMIN_TOKEN, TELEGRAM_API_BASE: platform.url };
  const bench = await startBenchEdge({ bundle, dir: join(dir, "files"), manner: "accepts", vars });
  try {
    const { token, apiRoot } = await issueToken(bench.edge.url);
    const { pid } = bench.edge;
    return {
      upload: await measured(pid, () => upload(`${apiRoot}/bot${token}/sendDocument`)),
      download: await measured(pid, () => download(`${apiRoot}/file/bot${token}/documents/a.bin`)),
    };
  } finally {
    await bench.close();
    await platform.close();
  }
}
