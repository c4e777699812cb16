/** `/admin/*`: everything operators can ask and change, behind one door. One small app per noun; whatever is not there is 404 in JSON. */
import { Hono } from "hono";
import type { Env } from "../../durable-objects/env.ts";
import { accountsApp } from "./accounts.ts";
import { answerError, answerUnexpected, notFound } from "./answer.ts";
import { requireAdmin } from "./auth.ts";
import { canariesApp } from "./canaries.ts";
import { classifyApp } from "./classify.ts";
import { conversationsApp } from "./conversations.ts";
import { deadApp } from "./dead.ts";
import { explainApp } from "./explain.ts";
import { instancesApp } from "./instances.ts";
import { routesApp } from "./routes.ts";
import { tokensApp } from "./tokens.ts";

export const adminApp = new Hono<{ Bindings: Env }>();

adminApp.onError(answerUnexpected);

/** First, so that nothing under it is reached, or told from nothing, without the token. */
adminApp.use("/admin/*", requireAdmin);

for (const room of [explainApp, classifyApp, routesApp, conversationsApp, deadApp, instancesApp, canariesApp, accountsApp, tokensApp])
  adminApp.route("/", room);

adminApp.all("/admin/*", (context) => {
  const what = `${context.req.method} ${new URL(context.req.url).pathname.slice(0, 100)}`;
  return answerError(context, notFound("unknown-path", `The admin API has no ${what}. docs/operating.md lists what it has.`));
});
