/** What the real gateways of the proof are told: no more than docs/deploy.md tells operators, and a gateway that polls two things only. */
import { expect, test } from "vitest";
import { type GatewayPlan, gatewayConfig } from "../../../scripts/e2e-openclaw/gateway-config.ts";

const plan = { name: "eu-2", port: 1, modelUrl: "http://127.0.0.1:2/v1" };
const access = { botToken: "edge-token", apiRoot: "http://127.0.0.1:3/egress/telegram/support/eu-2" };
const configOf = (of: GatewayPlan) => JSON.parse(JSON.stringify(gatewayConfig(of, "/home/x")));

test("one that polls has the edge's token and address, and nothing of a webhook", () => {
  const { telegram } = configOf({ ...plan, link: "poll", gatewayToken: "t", telegram: access }).channels;
  expect(telegram).toMatchObject({ ...access, network: { dangerouslyAllowPrivateNetwork: true } });
  expect(Object.keys(telegram).filter((key) => /webhook|streaming|commands/i.test(key))).toEqual([]);
});

test("one that is asked knows the edge by a name, lets it ask one agent, and gives that agent no tool", () => {
  const config = configOf({ ...plan, link: "chat", user: "clawedge-1", agent: "sales-public" });
  expect(config.gateway).toMatchObject({
    auth: { mode: "trusted-proxy", trustedProxy: { allowUsers: ["clawedge-1"] } },
    roles: { default: "edge", definitions: { edge: { agents: ["sales-public"], scopes: ["operator.write"] } } },
  });
  expect(config.gateway.auth).not.toHaveProperty("token");
  expect(config.agents.entries["sales-public"].tools).toEqual({ deny: ["*"] });
  expect(config).not.toHaveProperty("channels");
});
