/** The parts of this proof: which gateways each needs, and its cases in their order. Every part can run alone. */
import { affinity } from "./cases/affinity.ts";
import type { Case, Stage } from "./cases/case.ts";
import { aftermath } from "./cases/chaos-aftermath.ts";
import { awayAndBack, killMoveRestart, lateReply } from "./cases/chaos-moves.ts";
import { rollout } from "./cases/chaos-rollout.ts";
import { lateEdit, override, proactive } from "./cases/chaos-speaking.ts";
import { crash, pollingCrash } from "./cases/crash.ts";
import { duplicates } from "./cases/duplicates.ts";
import { egress } from "./cases/egress.ts";
import { groups } from "./cases/groups.ts";
import { leastPrivilege } from "./cases/least-privilege.ts";
import { newcomer } from "./cases/newcomer.ts";
import { polling } from "./cases/polling.ts";
import { registration } from "./cases/registration.ts";
import { whatsappAffinity } from "./cases/whatsapp-affinity.ts";
import { whatsappBatch } from "./cases/whatsapp-batch.ts";
import { whatsappCrash } from "./cases/whatsapp-crash.ts";
import { whatsappEnds } from "./cases/whatsapp-ends.ts";
import { whatsappIdentity } from "./cases/whatsapp-identity.ts";
import { whatsappLong } from "./cases/whatsapp-long.ts";
import { whatsappMedia } from "./cases/whatsapp-media.ts";
import { WHATSAPP } from "./routes.ts";
import { ASKED, FIRST, LATER, POLLER } from "./world.ts";

export interface Part {
  readonly name: string;
  readonly what: string;
  /** Started before its cases, unless they run already. */
  readonly gateways: readonly string[];
  /** The gateways of other parts are ended first: each takes a gigabyte. */
  readonly isAlone?: boolean;
  readonly open?: (stage: Stage) => Promise<void>;
  /** Each leaves the stage as the next expects it. */
  readonly cases: readonly Case[];
}

const whatsappCases = [
  leastPrivilege,
  whatsappAffinity,
  whatsappBatch,
  whatsappMedia,
  whatsappLong,
  whatsappIdentity,
  whatsappCrash,
  whatsappEnds,
];

/** Not among the others: here conversations move, and in their world they must not. */
export const CHAOS: Part = {
  name: "chaos",
  what: "gateways that die, return and are restarted, while people talk",
  gateways: [...FIRST, LATER],
  cases: [override, awayAndBack, lateReply, lateEdit, proactive, killMoveRestart, rollout, aftermath],
};

export const PARTS: readonly Part[] = [
  {
    name: "native",
    what: "Telegram, by gateways that listen",
    gateways: FIRST,
    cases: [registration, affinity, groups, duplicates, crash, newcomer, egress],
  },
  {
    name: "polling",
    what: "Telegram, by a gateway that polls beside those that listen",
    gateways: [...FIRST, POLLER],
    cases: [polling, pollingCrash, egress],
  },
  {
    name: "whatsapp",
    what: "WhatsApp, by gateways that are asked with least privilege",
    gateways: ASKED,
    isAlone: true,
    open: ({ admin }) => admin.setWebhook(WHATSAPP),
    cases: whatsappCases,
  },
];
