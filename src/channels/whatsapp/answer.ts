/** An agent's answer, in Markdown, as the text messages it becomes. Nothing to say is no message. */
import { MAX_TEXT_UNITS } from "./limits.ts";
import { readMarkdown } from "./markdown.ts";
import { splitParts } from "./split.ts";

/** @see https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages */
export const renderAnswer = (markdown: string): readonly string[] => splitParts(readMarkdown(markdown), MAX_TEXT_UNITS);
