/** Who is heard when more than one instance has something to say. */
import { sleep } from "../../fakes/http-service.ts";
import { answersTo, ask, untilAnswered } from "../people.ts";
import { BILLING, BILLING_WORD } from "../routes.ts";
import { must, until } from "../until.ts";
import { FIRST, LATER } from "../world.ts";
import { type Case, QUIET_MS, type Stage } from "./case.ts";
import { begin, leaveThinking, otherThan, suppressedOf, THINKING_MS } from "./chaos-moves.ts";

export const override: Case = {
  name: "override",
  run: async (stage) => {
    const chat = 710_401;
    const home = await begin(stage, chat);
    await leaveThinking(stage, chat, home, "a long question");
    const text = `where is my ${BILLING_WORD}?`;
    const billed = await ask(stage, { chat, text });
    must(billed.instance === LATER, `${BILLING} is ${LATER}'s, and ${billed.instance} answered`);
    const late = await untilAnswered(stage, chat, "a long question");
    must(late.instance === home, `"a long question" was ${home}'s, and ${late.instance} answered`);
    await sleep(QUIET_MS);
    for (const asked of [text, "a long question"]) {
      must(answersTo(stage, chat, asked).length === 1, `"${asked}" was answered ${answersTo(stage, chat, asked).length} times`);
    }
    const back = await ask(stage, { chat, text: "thanks" });
    must(back.instance === home, `a word took the chat to ${LATER} for one question, and then ${back.instance} answered`);
    return `a word sent one question to ${LATER} while ${home} was thinking: both answers came, each once, and the chat is ${home}'s`;
  },
};

/** The edge's own address for an instance's calls, called as its gateway calls it. */
async function callAs(
  stage: Stage,
  instance: string,
  method: string,
  params: object,
): Promise<{ readonly ok: boolean; readonly result?: unknown }> {
  const url = `${stage.edge.url}/egress/telegram/support/${instance}/bot${stage.edgeTokens.get(instance)}/${method}`;
  const init = { method: "POST", headers: { "content-type": "application/json" }, redirect: "manual" as const };
  return (await (await fetch(url, { ...init, body: JSON.stringify(params) })).json()) as { ok: boolean; result?: unknown };
}

const textsIn = (stage: Stage, chat: number): readonly string[] => stage.telegram.sent(chat).map(({ text }) => text);

export const lateEdit: Case = {
  name: "late-edit",
  run: async (stage) => {
    const chat = 710_501;
    const home = await begin(stage, chat);
    const mine = await callAs(stage, home, "sendMessage", { chat_id: chat, text: "working on it" });
    const messageId = (mine.result as { readonly message_id: number }).message_id;
    const first = await callAs(stage, home, "editMessageText", { chat_id: chat, message_id: messageId, text: "nearly done" });
    must(first.ok && textsIn(stage, chat).includes("nearly done"), "an owner's edit did not reach the person");
    await stage.setPool([otherThan(home)]);
    await ask(stage, { chat, text: "hello again" });
    const late = await callAs(stage, home, "editMessageText", { chat_id: chat, message_id: messageId, text: "done, says the old one" });
    must(late.ok, "a late edit was refused: a gateway would apologise");
    must(!textsIn(stage, chat).includes("done, says the old one"), "a former owner changed what the person reads");
    await stage.setPool(FIRST);
    return `${home} edited its message while the chat was its own, and not after the chat had moved (calls made by hand, as the gateway makes them)`;
  },
};

export const proactive: Case = {
  name: "proactive",
  run: async (stage) => {
    const [own, foreign] = [710_601, 710_602];
    const home = await begin(stage, own);
    await stage.setPool([otherThan(home)]);
    const owner = await begin(stage, foreign);
    await stage.setPool(FIRST);
    const said = await toolSend(stage, home, own, "a reminder for you");
    must(said.ok, `${home} could not use its message tool: ${said.detail}`);
    await until("the reminder to be read", () => textsIn(stage, own).includes("a reminder for you"));
    const before = suppressedOf(stage, home);
    await toolSend(stage, home, foreign, "a reminder for somebody else");
    await until(`the edge to hear ${home}`, () => suppressedOf(stage, home) > before);
    await sleep(QUIET_MS);
    must(!textsIn(stage, foreign).includes("a reminder for somebody else"), `${home} was heard in a chat that is ${owner}'s`);
    await ask(stage, { chat: own, text: `after ${THINKING_MS}` });
    return `${home} spoke first in its own chat and was heard, and in a chat of ${owner}'s and was not`;
  },
};

/** The gateway sends by itself, through its own tool. @see https://docs.openclaw.ai/gateway/tools-invoke-http-api */
async function toolSend(stage: Stage, instance: string, chat: number, message: string) {
  const plan = stage.gateways.get(instance)?.plan;
  if (plan?.link !== "native") throw new Error(`${instance} is no gateway that listens`);
  const body = { tool: "message", action: "send", args: { action: "send", channel: "telegram", target: `${chat}`, message } };
  const headers = { authorization: `Bearer ${plan.gatewayToken}`, "content-type": "application/json" };
  const answer = await fetch(`http://127.0.0.1:${plan.port}/tools/invoke`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    redirect: "manual",
  });
  return { ok: answer.ok, detail: (await answer.text()).slice(0, 300) };
}
