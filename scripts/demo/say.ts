/** `npm run say`: plays a person who writes to an account of the running demo, and tells the journey the message took. */
import { EdgeFailure, usageFailure } from "../edge/failure.ts";
import { adminOf } from "./admin.ts";
import { readSay, SAY_HELP, type SaySettings } from "./command-line.ts";
import { gatewaysOf } from "./gateways.ts";
import { isOver, type Journey } from "./journey.ts";
import { type Stage, sayAndFollow } from "./observe.ts";
import { paintFor, widthOf } from "./paint.ts";
import { blockOf } from "./report.ts";
import { findDemo, followLog } from "./state-dir.ts";
import { telegramAt } from "./telegram.ts";
import { whatsappAt } from "./whatsapp.ts";

/** Longer than the demo takes to start a dead instance again. */
const PATIENCE_MS = 40_000;

const paint = paintFor(process.stdout, process.env);
const width = widthOf(process.stdout);

/** Each reason for waiting as soon as it is known. */
function tellWaiting(): (journey: Journey) => void {
  let told = 0;
  return ({ held }) => {
    for (const reason of held.slice(told)) console.log(paint.dim(`  … held: ${reason}`));
    told = held.length;
  };
}

async function talk({ account, words, stateDir }: SaySettings): Promise<number> {
  const note = findDemo(stateDir);
  if (!note.accounts.includes(account)) throw usageFailure(`the demo has no account ${account}, only ${note.accounts.join(", ")}`);
  const admin = adminOf(note.url, note.adminToken);
  const instances = await admin.instances();
  const platforms = { telegram: telegramAt(note.telegramUrl), whatsapp: whatsappAt(note.whatsappUrl) };
  const stage: Stage = { log: followLog(stateDir), admin, ...platforms, gateways: gatewaysOf(instances) };
  const journey = await sayAndFollow(stage, words, { withinMs: PATIENCE_MS, onLook: tellWaiting() });
  const sites = new Map(instances.map((one) => [one.name, one]));
  console.log(blockOf({ title: account, words, journey, notes: [], expected: undefined }, { sites, paint, width }));
  return isOver(journey) && journey.replies.length > 0 ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const settings = readSay(args);
    if (settings !== undefined) return await talk(settings);
    console.log(SAY_HELP);
    return 0;
  } catch (error) {
    const isForeseen = error instanceof EdgeFailure;
    if (!isForeseen && !(error instanceof TypeError && error.message === "fetch failed")) throw error;
    console.error(`say: ${isForeseen ? error.message : "the demo stopped answering: look at its terminal"}`);
    return isForeseen ? error.exitCode : 1;
  }
}

process.exit(await main(process.argv.slice(2)));
