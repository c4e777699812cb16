/** Workers AI as far as the edge knows it: what it is asked with, and which answers are none. */
import { expect, it } from "vitest";
import { embedderOf } from "../../durable-objects/embedder.ts";

const answering = (answer: unknown) => {
  const asked: unknown[] = [];
  const AI = {
    run: async (...what: readonly unknown[]) => {
      asked.push(what);
      return answer;
    },
  };
  return { embedder: embedderOf({ AI }), asked };
};

it("asks for a vector of each text", async () => {
  const { embedder, asked } = answering({
    shape: [2, 2],
    data: [
      [1, 0],
      [0, 1],
    ],
    pooling: "cls",
  });
  expect(await embedder?.embed(["one", "two"])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(asked).toEqual([["@cf/baai/bge-m3", { text: ["one", "two"] }]]);
});

it.each([{ data: [[1, 0]] }, { data: [["1"], ["2"]] }, { response: [] }, null])("%j is no answer for two texts", async (answer) => {
  await expect(answering(answer).embedder?.embed(["one", "two"])).rejects.toThrow();
});

it("is not there without a binding", () => expect(embedderOf({})).toBeUndefined());
