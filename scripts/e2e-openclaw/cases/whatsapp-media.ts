/** What people send besides words: an image is shown to the model, a PDF is read to it, a voice message is told of. */
import { type Customer, customer, deliver, heardBy, said, untilEnded, words } from "../customers.ts";
import { must } from "../until.ts";
import { ASKED } from "../world.ts";
import type { Case, Stage } from "./case.ts";
import { pdfOf } from "./pdf.ts";

const WHO = customer(61);
/** One red pixel. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==", "base64");
const CLAUSE = "The claw is delivered on the ninth of May, and paid for within thirty days of that.";
const PDF = pdfOf([CLAUSE, ...Array.from({ length: 5 }, (_, index) => `Clause ${index + 2}: nothing in it changes what stands above.`)]);

interface Sent {
  readonly type: "image" | "document" | "audio";
  readonly media: string;
  readonly text: string;
}

/** Waits for the answer and returns what the model was given for it. */
async function send(stage: Stage, who: Customer, { type, media, text }: Sent) {
  const seen = stage.model.calls().length;
  const written = words(text);
  await deliver(stage, [{ ...said(who, written), type, media }]);
  const { state, outcome } = await untilEnded(stage, written);
  must(state === "answered", `a message with ${type} ended as ${state}: ${outcome}`);
  const calls = stage.model.calls().slice(seen);
  must(calls.length === 1, `the model was asked ${calls.length} times about one ${type}`);
  return calls[0];
}

export const whatsappMedia: Case = {
  name: "whatsapp-media",
  run: async (stage) => {
    const image = stage.graph.addMedia({ content: PNG, mimeType: "image/png" });
    const pdf = stage.graph.addMedia({ content: PDF, mimeType: "application/pdf", fileName: "offer.pdf" });
    const voice = stage.graph.addMedia({ bytes: 9_000, mimeType: "audio/ogg; codecs=opus", voice: true });

    const seen = await send(stage, WHO, { type: "image", media: image, text: "look at this" });
    must(seen?.images === 1, `of one image the model saw ${seen?.images}`);
    const read = await send(stage, WHO, { type: "document", media: pdf, text: "what does it say?" });
    const text = read?.files.find(({ name }) => name === "offer.pdf")?.text ?? "";
    must(text.includes(CLAUSE), `the PDF's words did not reach the model: ${JSON.stringify(read?.files)}`);
    const told = await send(stage, WHO, { type: "audio", media: voice, text: "" });
    must(told?.typed.at(-1)?.includes("voice message") === true, `of a voice message the model was told "${told?.typed.at(-1)}"`);

    must(stage.graph.strays().length === 0, "a file was fetched from elsewhere");
    must(heardBy(stage, WHO).length === 3, `three messages were answered by ${heardBy(stage, WHO).length}`);
    must(ASKED.includes(seen.instance), "another gateway's model was asked");
    return `an image was seen, a PDF of ${PDF.length} bytes was read by name, a voice message was told of (${told?.typed.at(-1)}): three answers`;
  },
};
