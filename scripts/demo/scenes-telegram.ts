/** The journeys on Telegram that `npm start` shows, one after another: what is said, what else happens meanwhile, and how it should end. */
import { poster } from "../fakes/telegram-post.ts";
import { messageUpdate } from "../fakes/telegram-updates.ts";
import { answeredBy, overriddenTo, recognisedAsRepeat, survivedDeath, turnedAway, waitedFor } from "./expectation.ts";
import type { Journey } from "./journey.ts";
import { beginWatch, follow, followRefusal, sayAndFollow, until } from "./observe.ts";
import { PATIENCE, type Played, plain, type Scene, scene } from "./scene.ts";
import { messageIdOf } from "./telegram.ts";
import type { TelegramWords } from "./words.ts";
import type { World } from "./world.ts";

const SUPPORT = { pool: "support", rule: "default" };
const POLLER = "eu-3";

/** Telegram repeats an update that it believes was not acknowledged. */
function duplicate(words: TelegramWords): Scene {
  const play = async (world: World): Promise<Played> => {
    const first = await world.telegram.say(words);
    const watch = await beginWatch(world, words);
    await follow(watch, first, PATIENCE);
    const again = await beginWatch(world, words);
    const journey = await follow(again, await world.telegram.repeat(first.update), PATIENCE);
    return { journey, notes: [`update ${first.update.update_id} was answered, and is now delivered a second time`] };
  };
  return scene({ title: "a duplicate", words, expected: recognisedAsRepeat, play });
}

/** Not Telegram: somebody who found the address and guesses the secret. */
function wrongSecret(words: TelegramWords): Scene {
  const play = async (world: World): Promise<Played> => {
    const { post, close } = poster();
    const update = messageUpdate({ chat: words.chat, text: words.text }, world.telegramApi.ids);
    const guess = { url: world.webhookUrl, secret: "a-guess" };
    const knock = async (): Promise<number> => (await post(guess, JSON.stringify(update))).status;
    const journey = await followRefusal(world, words, { messageId: messageIdOf(update), knock });
    close();
    return { journey, notes: [] };
  };
  return scene({ title: "a wrong secret", words, expected: turnedAway, play });
}

/** Kills the instance that knows the conversation, and starts it again once a message waits for it. */
function death(words: TelegramWords): Scene {
  const play = async (world: World): Promise<Played> => {
    const before = await sayAndFollow(world, { ...words, text: "hello" }, PATIENCE);
    const owner = before.settled?.instance;
    const pid = owner === undefined ? undefined : world.cast.pidOf(owner);
    if (owner === undefined || pid === undefined)
      return { journey: before, notes: ["no instance answered “hello”, so there was none to kill"] };
    await world.cast.kill(owner);
    const watch = await beginWatch(world, words);
    const delivery = await world.telegram.say(words);
    let revived: Promise<number> | undefined;
    const onLook = ({ held }: Journey): void => {
      if (held.length > 0) revived ??= world.cast.revive(owner);
    };
    const journey = await follow(watch, delivery, { ...PATIENCE, onLook });
    const after = await (revived ?? world.cast.revive(owner));
    return { journey, notes: [`${owner} answered “hello”; kill -9 ${pid}; started again as ${after} when the message waited`] };
  };
  return scene({ title: "an instance dies", words, expected: survivedDeath, play });
}

/** Kills the instance that polls; what is said meanwhile waits for it at the edge. */
function pollerDeath(words: TelegramWords): Scene {
  const offered = async (world: World): Promise<number> =>
    (await world.admin.instances()).find(({ name }) => name === POLLER)?.waiting ?? 0;
  const play = async (world: World): Promise<Played> => {
    const pid = world.cast.pidOf(POLLER);
    await world.cast.kill(POLLER);
    const watch = await beginWatch(world, words);
    const delivery = await world.telegram.say(words);
    const waiting = await until(
      () => offered(world),
      (count) => count > 0,
      PATIENCE.withinMs,
    );
    const after = await world.cast.revive(POLLER);
    const journey = await follow(watch, delivery, PATIENCE);
    const waits = waiting === 1 ? "1 update waits for it" : `${waiting} updates wait for it`;
    return {
      journey,
      notes: [`${POLLER} polls, and nothing can reach it; kill -9 ${pid}; ${waits} at the edge; started again as ${after}`],
    };
  };
  return scene({ title: "an instance that polls dies", words, expected: waitedFor({ ...SUPPORT, instance: POLLER }), play });
}

/** The pool's strategy gives the chats 47, 48 and 49 to the instance that polls. */
export const TELEGRAM_SCENES: readonly Scene[] = [
  plain("a direct message", { chat: 42, text: "where is my refund?" }, answeredBy({ pool: "support", rule: "refunds" })),
  plain("a group", { chat: -4200, text: "who has a plan for lunch?", from: 43 }, answeredBy(SUPPORT)),
  plain(
    "a topic",
    { chat: -1_000_000_004_200, topic: 7, text: "@demo_bot my order?", from: 43 },
    answeredBy({ pool: "support", rule: "refunds" }),
  ),
  plain("a command", { chat: 43, text: "/start" }, answeredBy(SUPPORT)),
  plain("a keyword", { chat: 42, text: "and what is your pricing?" }, overriddenTo({ pool: "sales", rule: "pricing" }, "support")),
  plain(
    "an intent",
    { chat: 43, text: "how much would it cost for ten of us?" },
    overriddenTo({ pool: "sales", rule: "asks-the-price" }, "support"),
  ),
  duplicate({ chat: 44, text: "are you there?" }),
  wrongSecret({ chat: 45, text: "let me in" }),
  death({ chat: 46, text: "are you still there?" }),
  plain("an instance that polls", { chat: 47, text: "who answers me?" }, answeredBy({ ...SUPPORT, instance: POLLER })),
  pollerDeath({ chat: 47, text: "did you get this?" }),
];
