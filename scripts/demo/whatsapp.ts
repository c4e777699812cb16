/** The demo's hand on the stand-in for WhatsApp's servers: play people, one message or several in one POST, see what they were answered. */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { EdgeFailure } from "../edge/failure.ts";
import { controlOf, type Delivery, type Known, type Platform } from "./platform.ts";
import type { WhatsAppWords } from "./words.ts";

const deliverySchema = z.looseObject({ attempts: z.array(z.looseObject({ status: z.number().optional() })) });
const sentSchema = z.array(
  z.looseObject({
    id: z.string(),
    to: z.string(),
    text: z.string(),
    body: z.looseObject({ biz_opaque_callback_data: z.string().optional() }),
  }),
);
const readsSchema = z.array(z.looseObject({ messageId: z.string(), isTyping: z.boolean() }));

export interface WhatsApp extends Platform<WhatsAppWords> {
  /** All in one POST, with the word that the person has read answer `readId`. */
  readonly post: (words: readonly WhatsAppWords[], read?: { readonly person: number; readonly id: string }) => Promise<readonly Delivery[]>;
  /** Id of the last answer this person got. */
  readonly lastAnswer: (person: number) => Promise<string | undefined>;
}

const IMAGE = { bytes: 24_000, mimeType: "image/jpeg" };

/** The id that a business knows a person by, and the phone number, which not everybody shows. */
const userIdOf = (person: number): string => `US.demo${person}`;
const phoneOf = (person: number): string => `1555${String(person).padStart(7, "0")}`;

const newId = (): string => `wamid.${randomBytes(18).toString("base64url")}`;

/** Every part of an answer carries which message of which conversation it answers. */
const isAnswerTo =
  ({ conversation, view }: Known) =>
  ({ body }: z.infer<typeof sentSchema>[number]): boolean => {
    const note = body.biz_opaque_callback_data ?? "";
    return view !== undefined && note.startsWith(`${view.seq}@`) && note.endsWith(`|${conversation}`);
  };

export function whatsappAt(url: string): WhatsApp {
  const ask = controlOf(url, "WhatsApp");
  const sent = async () => sentSchema.parse(await ask("sent"));
  const itemOf = async ({ person, text, hidesPhone = false, hasImage = false }: WhatsAppWords, id: string): Promise<object> => {
    const who = { userId: userIdOf(person), ...(hidesPhone ? {} : { from: phoneOf(person) }) };
    const image = hasImage ? { type: "image", media: z.string().parse(await ask("media", IMAGE)) } : {};
    return { kind: "said", id, ...who, name: `Person ${person}`, text, ...image };
  };
  const post: WhatsApp["post"] = async (words, read) => {
    const ids = words.map(newId);
    const said = await Promise.all(words.map((one, index) => itemOf(one, ids[index] ?? "")));
    const to = userIdOf(read?.person ?? 0);
    const status = read === undefined ? [] : [{ kind: "status", id: read.id, status: "read", to, userId: to }];
    const { data } = deliverySchema.safeParse(await ask("batch", { items: [...said, ...status] }));
    if (data === undefined) throw new EdgeFailure("the WhatsApp number has no callback");
    const statuses = data.attempts.map(({ status }) => status);
    return ids.map((messageId) => ({ messageId, statuses }));
  };
  return {
    post,
    say: async (words) => {
      const [delivery] = await post([words]);
      return delivery ?? { messageId: "", statuses: [] };
    },
    listen: async () => {
      const before = (await sent()).length;
      return async (about) => {
        const replies = (await sent()).slice(before).filter(isAnswerTo(about));
        const reads = readsSchema.parse(await ask("reads"));
        const isPresent = reads.some(({ messageId, isTyping }) => messageId === about.messageId && isTyping);
        return { replies: replies.map(({ text }) => text), isPresent };
      };
    },
    lastAnswer: async (person) => (await sent()).findLast(({ to }) => to === userIdOf(person))?.id,
  };
}
