/** A person whom Meta first tells of by phone, then by phone and user id, then by either: one conversation, one session of one gateway. */

import { type Customer, untilAnswered, write } from "../customers.ts";
import type { Echo } from "../echo.ts";
import { must } from "../until.ts";
import type { Case } from "./case.ts";

const WHO = { from: "491510000081", userId: "DE.8181Zz" };
/** Each time as one of these. */
const GUISES: readonly (readonly [text: string, Customer])[] = [
  ["by phone", { from: WHO.from }],
  ["by both", WHO],
  ["by user id", { userId: WHO.userId }],
  ["by phone again", { from: WHO.from }],
];

export const whatsappIdentity: Case = {
  name: "whatsapp-identity",
  run: async (stage) => {
    const heard: Echo[] = [];
    for (const [text, guise] of GUISES) {
      await write(stage, guise, text);
      heard.push(await untilAnswered(stage, WHO, text));
    }
    const instances = new Set(heard.map(({ instance }) => instance));
    must(instances.size === 1, `the person was answered by ${[...instances].join(" and ")}`);
    const turns = heard.map(({ turn }) => turn).join();
    must(turns === "1,2,3,4", `the person was answered at turns ${turns}`);
    return `${GUISES.map(([text]) => text).join(", ")}: turns ${turns} of one session on ${[...instances].join()}`;
  },
};
