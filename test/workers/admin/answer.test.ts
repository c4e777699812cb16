/** What an operator's program is told when the edge could not do it now. */
import { Hono } from "hono";
import { afterEach, expect, it, vi } from "vitest";
import { answerUnexpected } from "../../../workers/admin/answer.ts";

afterEach(() => vi.restoreAllMocks());

it("an object that cannot be asked is a 503 with a code and a time to try again; why stands in the log alone", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const app = new Hono().get("/admin/dead/:id", () => Promise.reject(new Error("the object is overloaded")));
  app.onError(answerUnexpected);
  const answer = await app.request("/admin/dead/whatsapp:sales%2Fchat%2F491700000000");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  const { error } = (await answer.json()) as { readonly error: { readonly code: string; readonly message: string } };
  expect(error.code).toBe("unavailable");
  expect(error.message).not.toContain("overloaded");
  expect(JSON.parse(String(log.mock.calls[0]?.[0]))).toMatchObject({
    event: "admin.error",
    path: "/admin/dead",
    detail: "Error: the object is overloaded",
  });
});
