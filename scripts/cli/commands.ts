/** Every command there is, in the order in which the help lists them. One file per noun; one line here for each. */
import type { Command } from "./command.ts";
import { canaryClear, canaryPromote, canaryRollback, canaryShow, canaryStart } from "./commands/canary.ts";
import { conversationShow } from "./commands/conversation.ts";
import { deadList, deadReplay, deadShow } from "./commands/dead.ts";
import { routesDiff } from "./commands/diff.ts";
import { instanceDrain, instanceUndrain } from "./commands/drain.ts";
import { routesExplain } from "./commands/explain.ts";
import { instanceCheck, instanceList, instanceShow } from "./commands/instance.ts";
import { intentsEval } from "./commands/intents.ts";
import { rollout } from "./commands/rollout.ts";
import { routesHistory, routesPush, routesRollback, routesStatus, routesValidate } from "./commands/routes.ts";
import { instanceToken } from "./commands/token.ts";
import { webhookSet, webhookShow } from "./commands/webhook.ts";

export const commands: readonly Command[] = [
  ...[webhookShow, webhookSet],
  ...[routesValidate, routesExplain, routesDiff, routesPush, routesStatus, routesHistory, routesRollback],
  intentsEval,
  ...[instanceList, instanceShow, instanceCheck, instanceToken, instanceDrain, instanceUndrain],
  rollout,
  ...[canaryStart, canaryShow, canaryPromote, canaryRollback, canaryClear],
  ...[deadList, deadShow, deadReplay],
  conversationShow,
];
