import * as fc from "fast-check";
import { expect, it } from "vitest";
import { base64Of } from "../../../src/links/chat/base64.ts";

/** Overwrites every chunk after it was taken, as a sender may that uses its buffer again. */
function reusing(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const buffer = new Uint8Array(64);
  let index = 0;
  return new ReadableStream(
    {
      pull: (controller) => {
        const chunk = chunks[index++];
        if (chunk === undefined) return controller.close();
        buffer.fill(0xff);
        buffer.set(chunk);
        controller.enqueue(buffer.subarray(0, chunk.length));
      },
    },
    { highWaterMark: 0 },
  );
}

it("any bytes in any chunks are what Node makes of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), async (chunks) => {
      let text = "";
      for await (const piece of base64Of(reusing(chunks).getReader())) text += Buffer.from(piece).toString();
      expect(text).toBe(Buffer.concat(chunks).toString("base64"));
    }),
  );
});
