/** WhatsApp keeps every promise of a channel, shown on every specimen. */
import { whatsapp } from "../../../src/channels/whatsapp/index.ts";
import { keepsTheChannelPromises } from "../../contract/channel.ts";
import {
  APP_SECRET,
  ARRIVED_AT_MS,
  account,
  delivery,
  signatureOf,
  signed,
  specimen,
  specimenNames,
  TOKEN,
  VERIFY_TOKEN,
  wireText,
} from "./support.ts";

const genuine = await Promise.all(specimenNames.map(async (name) => [name, await signed(specimen(name))] as const));
const text = wireText(specimen("text"));

keepsTheChannelPromises({
  channel: whatsapp,
  account: account({ graphVersion: "v24.0", template: { name: "come_back", language: "en_US" } }),
  secrets: { app: APP_SECRET, verify: VERIFY_TOKEN, token: TOKEN },
  arrivedAtMs: ARRIVED_AT_MS,
  genuine: Object.fromEntries(genuine),
  forged: {
    "no signature": delivery(text),
    "another secret": await signed(specimen("text"), "another"),
    "the verify token as the key": await signed(specimen("text"), VERIFY_TOKEN),
    "a signature of another delivery": delivery(text, await signatureOf(wireText(specimen("image")))),
    "the same JSON, written anew": delivery(JSON.stringify(specimen("image")), await signatureOf(wireText(specimen("image")))),
  },
});
