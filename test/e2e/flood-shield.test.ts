/** The flood shield: a wrong secret that comes again and again is refused unheard; the right one never, wherever it comes from. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ADMIN_TOKEN,
  type Answer,
  type Headers,
  type LiveEdge,
  liveEdge,
  routesFor,
  SECRET,
  SECRET_HEADER,
  textUpdate,
  until,
} from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

const MORE_THAN_THE_BURST = 15;

describe.each([
  ["where no address is believed", "", []],
  // A platform's addresses are everybody's: whoever has a bot of his own can make them call us with a wrong secret.
  ["where the platform vouches for the address", "cf-connecting-ip", [["cf-connecting-ip", "149.154.167.220"]]],
] as const)("%s", (_where, header, address: Headers) => {
  let edge: LiveEdge;
  let recorder: Recorder;

  beforeAll(async () => {
    recorder = await startRecorder({ name: "eu-1", accounts: ["telegram:support"] });
    edge = await liveEdge(routesFor([recorder]), { CLIENT_ADDRESS_HEADER: header });
  });

  afterAll(async () => {
    await edge.close();
    await recorder.close();
  });

  async function flood(account: string, count: number): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (let index = 0; index < count; index += 1) {
      answers.push(await edge.post(account, textUpdate(1, 42, "forged"), [[SECRET_HEADER, "flood"], ...address]));
    }
    return answers;
  }

  it.each(["support", "nobody"])("a wrong secret for %s is refused before long, and told when to come back", async (account) => {
    const answers = await flood(account, MORE_THAN_THE_BURST);
    expect(answers[0]?.status).toBe(401);
    expect(answers.at(-1)).toMatchObject({ status: 429, body: "", headers: { "retry-after": expect.stringMatching(/^[1-9]\d*$/) } });
  });

  it("the right secret from the same address is heard in the middle of a flood", async () => {
    // Every two seconds one more is heard.
    const statuses = async () => (await flood("support", 5)).map(({ status }) => status);
    await until(statuses, (all) => all.every((status) => status === 429));
    const genuine = await edge.post("support", textUpdate(2, 42, "genuine"), [[SECRET_HEADER, SECRET], ...address]);
    expect(genuine).toMatchObject({ status: 200, body: "" });
    await until(
      () => recorder.receipts.length,
      (count) => count === 1,
    );
  });

  it("what was refused shows in the metrics, with a label for accounts that exist only", async () => {
    const text = await until(
      async () => (await edge.call("GET", "/metrics", undefined, [["authorization", `Bearer ${ADMIN_TOKEN}`]])).body,
      (body) => body.includes('clawedge_refused_total{account="telegram:support",status="429"}'),
    );
    for (const account of ["telegram:support", "unknown"]) {
      expect(text).toMatch(new RegExp(`clawedge_refused_total\\{account="${account}",status="401"\\} \\d+`));
    }
    expect(text).not.toContain("nobody");
  });
});
