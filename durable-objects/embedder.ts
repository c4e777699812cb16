/** Embeddings by Workers AI, where the Worker has a binding named `AI`. @see https://developers.cloudflare.com/workers-ai/models/bge-m3/ */
import * as z from "zod/mini";
import type { Embedder } from "../src/ports/embedder.ts";
import type { Env } from "./env.ts";

/** Of a hundred languages. */
const MODEL = "@cf/baai/bge-m3";

const answer = z.object({ data: z.array(z.array(z.number())) });

export function embedderOf({ AI: ai }: Pick<Env, "AI">): Embedder | undefined {
  if (ai === undefined) return undefined;
  return {
    embed: async (texts) => {
      const { data } = answer.parse(await ai.run(MODEL, { text: [...texts] }));
      if (data.length !== texts.length) throw new Error(`${data.length} vectors of ${texts.length} texts`);
      return data;
    },
  };
}
