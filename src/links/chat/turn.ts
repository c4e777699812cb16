/** A stored turn read back. What is not a turn can never be handed over. */
import * as z from "zod/mini";
import { textOf } from "../../core/bytes.ts";
import { parseJson } from "../../core/json.ts";
import type { Turn } from "../../core/turn.ts";

const mediaSchema = z.object({
  id: z.string(),
  kind: z.enum(["image", "document", "audio", "video", "sticker"]),
  mimeType: z.string(),
  name: z.exactOptional(z.string()),
  isVoice: z.exactOptional(z.boolean()),
});

const turnSchema: z.ZodMiniType<Turn> = z.object({
  text: z.string(),
  media: z.array(mediaSchema),
  messageId: z.string(),
  senderName: z.exactOptional(z.string()),
  language: z.exactOptional(z.string()),
});

export function turnOf(body: Uint8Array): Turn | undefined {
  const json = parseJson(textOf(body) ?? "");
  return json.ok ? turnSchema.safeParse(json.value).data : undefined;
}
