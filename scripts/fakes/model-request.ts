/** What the stand-in model is asked, as it arrives, and what a gateway gave it besides people's words: tools, the channel it says the person is on, images and files. Only read, never obeyed. */
import * as z from "zod";

const part = z.looseObject({ type: z.string().optional(), text: z.string().optional() });

export const completion = z.looseObject({
  stream: z.boolean().default(false),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(part)]).nullish() })),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).default([]),
});
export type Completion = z.infer<typeof completion>;
type Content = Completion["messages"][number]["content"];

export const textOf = (content: Content): string =>
  typeof content === "string" ? content : (content ?? []).map(({ text = "" }) => text).join("\n");

export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

export interface Given {
  /** Names of the tools it might call. */
  readonly tools: readonly string[];
  /** As the prompt says: `channel=whatsapp`. */
  readonly channel: string | undefined;
  /** Beside the last of the person's messages. */
  readonly images: number;
  /** Whose text stands in the prompt. */
  readonly files: readonly GivenFile[];
}

const CHANNEL = /\bchannel=([a-z0-9-]+)/;
const FILE = /<file name="([^"]*)"[^>]*>([\s\S]*?)<\/file>/g;

const imagesIn = (content: Content): number =>
  typeof content === "string" ? 0 : (content ?? []).filter(({ type }) => type === "image_url").length;

export function givenIn({ messages, tools }: Completion): Given {
  const prompt = messages.map(({ content }) => textOf(content)).join("\n");
  const last = messages.findLast(({ role }) => role === "user");
  return {
    tools: tools.flatMap((tool) => tool.function?.name ?? []),
    channel: CHANNEL.exec(prompt)?.[1],
    images: imagesIn(last?.content),
    files: [...prompt.matchAll(FILE)].map(([, name = "", text = ""]) => ({ name, text })),
  };
}
