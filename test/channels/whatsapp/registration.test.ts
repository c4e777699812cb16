/** The callback at Meta: what it should be, which of three decides, and how it is set. */
import { describe, expect, it } from "vitest";
import { registration } from "../../../src/channels/whatsapp/registration.ts";
import { account, VERIFY_TOKEN } from "./support.ts";

const PUBLIC_URL = "https://edge.example.com/";
const OURS = "https://edge.example.com/webhooks/whatsapp/sales";
const ELSEWHERE = "https://other.example.com/hook";
const expected = registration.expected(account(), PUBLIC_URL);

const answer = (configuration: unknown) => ({ webhook_configuration: configuration, id: "106540352242922" });
const differing = (result: unknown) => registration.differences(expected, registration.read(result));

describe("the callback", () => {
  it("is asked of the number, and set on it with the token Meta will ask for", () => {
    expect(registration.show).toEqual({ method: "", verb: "GET", body: { fields: "webhook_configuration" } });
    expect(registration.set(account(), PUBLIC_URL, VERIFY_TOKEN)).toEqual({
      method: "",
      body: { webhook_configuration: { override_callback_uri: OURS, verify_token: VERIFY_TOKEN } },
    });
    expect([registration.purpose, registration.isTyped]).toEqual(["verify", true]);
  });

  it.each([
    ["the number's own", { phone_number: OURS, whatsapp_business_account: ELSEWHERE, application: ELSEWHERE }],
    ["the business account's", { whatsapp_business_account: OURS, application: ELSEWHERE }],
    ["the app's", { application: OURS }],
    ["the app's, behind empty ones", { phone_number: "", whatsapp_business_account: "", application: OURS }],
  ])("differs in nothing when it is ours by %s", (_name, configuration) => {
    expect(differing(answer(configuration))).toEqual([]);
  });

  it.each([
    ["somebody else's by the number", { phone_number: ELSEWHERE, application: OURS }, ELSEWHERE],
    ["somebody else's by the business account", { whatsapp_business_account: ELSEWHERE, application: OURS }, ELSEWHERE],
    ["ours but for a slash", { application: `${OURS}/` }, `${OURS}/`],
    ["nobody's", {}, ""],
  ])("differs when it is %s", (_name, configuration, actual) => {
    expect(differing(answer(configuration))).toEqual([{ field: "callback_url", expected: OURS, actual }]);
  });

  it("shows all three", () => {
    const configuration = { phone_number: OURS, whatsapp_business_account: ELSEWHERE, application: ELSEWHERE };
    expect(registration.read(answer(configuration)).fields).toEqual({ callback_url: OURS, ...configuration });
  });

  it.each([[undefined], ["gone"], [{}], [answer("none")]])("that does not read differs: %j", (result) => {
    expect(differing(result).map(({ field }) => field)).toEqual(["callback_url"]);
  });
});
