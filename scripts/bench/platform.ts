/** The platform at the far end of the egress: takes a file of any size without keeping it, and gives one of a given size. */
import { once } from "node:events";
import { answerJson, listen, type Service } from "../fakes/http-service.ts";

const CHUNK = Buffer.alloc(64 * 1024, 1);

export function startPlatform(fileBytes: number): Promise<Service> {
  return listen(0, async (request, response, { pathname }) => {
    if (!pathname.startsWith("/file/")) {
      let bytes = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length;
      return answerJson(response, 200, { ok: true, result: { message_id: 1, bytes } });
    }
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(fileBytes) });
    for (let sent = 0; sent < fileBytes; sent += CHUNK.length) {
      const more = response.write(CHUNK.subarray(0, Math.min(CHUNK.length, fileBytes - sent)));
      if (!more) await once(response, "drain");
    }
    response.end();
  });
}
