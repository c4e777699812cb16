/** `clawedge instance token`: what a gateway gets in place of the bot's own token. */
import { type Command, isSet, operand, textValue } from "../command.ts";
import { usageError } from "../failure.ts";
import { facts } from "../output.ts";

interface TokenAnswer {
  readonly account: string;
  readonly instance: string;
  readonly link?: string;
  readonly token: string;
  readonly apiRoot: string;
  readonly webhookUrl?: string;
  readonly generation?: number;
}

const POLLING = "It asks for its updates itself: leave webhookUrl and webhookSecret unset, and give this token to no second gateway.";

export const instanceToken: Command = {
  name: "instance token",
  summary: "Print the edge token of an instance for an account, and what to set in its gateway",
  operands: ["NAME", "ACCOUNT?"],
  options: {
    account: { type: "string", value: "ACCOUNT", help: "the account it is to speak for; the same as naming it after the instance" },
    revoke: { type: "boolean", help: "end every token of this instance issued so far, and print the next" },
  },
  notes: "The token is a secret: whoever has it speaks as the bot where this instance may. It holds until it is revoked.",
  run: async (call) => {
    const account = textValue(call, "account") ?? (operand(call, 1) || undefined);
    if (account === undefined)
      throw usageError("the account is missing: clawedge instance token NAME ACCOUNT, as in eu-1 telegram:support");
    const answer = await call.edge().post<TokenAnswer>("/tokens", { account, instance: operand(call, 0), revoke: isSet(call, "revoke") });
    const section = `channels.${account.slice(0, account.indexOf(":"))}`;
    call.output.answer(answer, () => [
      `Set in the gateway ${answer.instance} (generation ${answer.generation ?? "-"}):`,
      ...facts({
        [`${section}.botToken`]: answer.token,
        [`${section}.apiRoot`]: answer.apiRoot,
        [`${section}.webhookUrl`]: answer.webhookUrl,
      }),
      ...(answer.link === "poll" ? [POLLING] : []),
      `Next: clawedge instance ${answer.link === "poll" ? "show" : "check"} ${answer.instance}`,
    ]);
    return 0;
  },
};
