/** Every gateway of the pool is restarted by `clawedge rollout` while people talk: nobody waits for ever, moves, or is told of it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sleep } from "../../fakes/http-service.ts";
import { linesOf } from "../edge-log.ts";
import { clawedge } from "../operator.ts";
import { answers, answersTo, ask, notices } from "../people.ts";
import { POOL } from "../routes.ts";
import { must } from "../until.ts";
import type { Case, Stage } from "./case.ts";

const CHATS = Array.from({ length: 8 }, (_, index) => 710_701 + index);
const PAUSE_MS = 1_500;
const SETTLE_MS = 8_000;
/** A restart, and the wait until nothing is on its way. */
const ANSWERED_WITHIN_MS = 300_000;

/** Where the rollout's command finds whoever restarts gateways: this process has them. */
async function startSupervisor(
  stage: Stage,
): Promise<{ readonly url: string; readonly restarts: readonly string[]; readonly close: () => void }> {
  const restarts: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1);
    const gateway = stage.gateways.get(name);
    const restart = async (): Promise<void> => {
      await gateway?.stop();
      await gateway?.start();
      restarts.push(name);
    };
    restart().then(
      () => response.end("ok"),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, restarts, close: () => server.close() };
}

interface Asked {
  readonly chat: number;
  readonly text: string;
}

/** As people do: each says the next thing when the last was answered. What nobody answers is said no more of. */
async function talk(stage: Stage, chat: number, isOver: () => boolean): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (let round = 1; !isOver(); round += 1) {
    const text = `round ${round} in ${chat}`;
    asked.push({ chat, text });
    await ask(stage, { chat, text }, ANSWERED_WITHIN_MS);
    await sleep(PAUSE_MS);
  }
  return asked;
}

function mustBeInOrder(stage: Stage, chat: number): void {
  const rounds = answers(stage, chat).flatMap(({ text }) => /^round (\d+) /.exec(text)?.[1] ?? []);
  must(
    rounds.every((round, index) => Number(round) === index + 1),
    `chat ${chat} was answered in the order ${rounds.join()}`,
  );
}

export const rollout: Case = {
  name: "rollout",
  run: async (stage) => {
    const supervisor = await startSupervisor(stage);
    let isOver = false;
    const talking = Promise.all(CHATS.map((chat) => talk(stage, chat, () => isOver)));
    talking.catch(() => undefined);
    try {
      await sleep(SETTLE_MS);
      const movesBefore = linesOf(stage, "conversation.moved").length;
      const startedAtMs = Date.now();
      const script = `fetch("${supervisor.url}/" + process.env.CLAWEDGE_INSTANCE).then((answer) => process.exit(answer.ok ? 0 : 1))`;
      const args = ["rollout", POOL, "--edge", stage.edge.url, "--", process.execPath, "-e", script];
      const { exitCode, err } = await clawedge(args, stage.adminToken);
      const tookMs = Date.now() - startedAtMs;
      must(exitCode === 0, `clawedge rollout ended with ${exitCode}: ${err.slice(-800)}`);
      await sleep(SETTLE_MS);
      isOver = true;
      const asked = (await talking).flat();
      const twice = asked.filter(({ chat, text }) => answersTo(stage, chat, text).length > 1);
      must(twice.length === 0, `${twice.length} questions were answered more than once, first "${twice[0]?.text}"`);
      for (const chat of CHATS) mustBeInOrder(stage, chat);
      const told = CHATS.flatMap((chat) => notices(stage, chat));
      must(told.length === 0, `people were told: ${told.join(" | ").slice(0, 500)}`);
      const moves = linesOf(stage, "conversation.moved").length - movesBefore;
      must(moves === 0, `${moves} conversations moved although their gateway was to come back`);
      return `${supervisor.restarts.join(" and ")} were restarted one after the other in ${Math.round(tookMs / 1000)} s, while ${asked.length} questions came in ${CHATS.length} chats: each was answered once, in order, by its own gateway, and nobody was told anything`;
    } finally {
      isOver = true;
      supervisor.close();
    }
  },
};
