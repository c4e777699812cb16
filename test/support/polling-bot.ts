/**
 * A bot as people write them, in a process that can be killed: grammY, long polling, one answer per message. Says in JSON lines
 * what it got and how it ended. With a third argument it is never done with the first message it gets.
 */
import { Bot } from "grammy";

const [apiRoot = "", token = "", hangs] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const bot = new Bot(token, { client: { apiRoot } });
bot.on("message:text", async (context) => {
  const { text, chat } = context.message;
  say({ id: context.update.update_id, chat: chat.id, text });
  if (hangs !== undefined) await new Promise(() => undefined);
  await context.reply(`echo ${text}`);
});
bot.start({ onStart: () => say({ isStarted: true }) }).catch((error: unknown) => {
  say({ error: error instanceof Error && "error_code" in error ? error.error_code : String(error) });
  process.exitCode = 1;
});
