/** Telegram keeps every promise of a channel, shown on every specimen. */
import { telegram } from "../../../src/channels/telegram/index.ts";
import { SECRET_HEADER } from "../../../src/channels/telegram/verify.ts";
import { keepsTheChannelPromises } from "../../contract/channel.ts";
import { ARRIVED_AT_MS, account, delivery, SECRET, specimen, specimenNames, TOKEN } from "./support.ts";

keepsTheChannelPromises({
  channel: telegram,
  account: account(),
  secrets: { webhook: SECRET, token: TOKEN },
  arrivedAtMs: ARRIVED_AT_MS,
  genuine: Object.fromEntries(specimenNames.map((name) => [name, delivery(specimen(name))])),
  forged: {
    "no secret": delivery(specimen("message"), {}),
    "another secret": delivery(specimen("message"), { [SECRET_HEADER]: "another" }),
    "the bot's token instead of the secret": delivery(specimen("message"), { [SECRET_HEADER]: TOKEN }),
  },
});
