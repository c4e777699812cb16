/** Routes documents for the tests of the configuration: one good specimen, and the ways they bend it. */
const specimen = {
  accounts: {
    "telegram:support": { pool: "support", region: "weur", residency: "eu", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } },
  },
  instances: Object.fromEntries(
    ["eu-1", "eu-2"].map((name) => [
      name,
      {
        url: `http://127.0.0.1:18789/${name}`,
        secrets: { gateway: "EU_TOKEN" },
        native: { "telegram:support": { url: `http://127.0.0.1:19789/${name}`, secret: "EU_TG_SECRET" } },
      },
    ]),
  ),
  pools: { support: { instances: ["eu-1", "eu-2"], strategy: "rendezvous" } },
  rules: [{ name: "refunds", when: { keywords: ["refund"] }, pool: "support" }],
};

/** Good; another keyword is another text. */
export const goodText = (keyword = "refund"): string =>
  JSON.stringify({ ...specimen, rules: [{ ...specimen.rules[0], when: { keywords: [keyword] } }] }, null, 2);

export const withoutInstance = (name: "eu-1" | "eu-2"): string => {
  const { [name]: _gone, ...instances } = specimen.instances;
  return JSON.stringify({ ...specimen, instances, pools: { support: { instances: Object.keys(instances) } } });
};

/** Names an instance that does not exist: wrong at `pools.support.instances[0]`. */
export const badText = JSON.stringify({ ...specimen, pools: { support: { instances: ["eu-9"] } } });

const plannedOnce = (account: object): string =>
  JSON.stringify({
    ...specimen,
    accounts: { ...specimen.accounts, "whatsapp:sales": { pool: "support", scope: "person", ...account } },
    rules: [...specimen.rules, { name: "from WhatsApp", when: { account: "whatsapp:sales" }, pool: "support" }],
    identities: { ana: ["whatsapp:sales/491701234567"] },
  });

/** As they were accepted while WhatsApp was only planned: one without what its accounts need, one that its pool would have to allow. */
export const yesterdays = {
  "an account that lacks a field": plannedOnce({ secrets: {} }),
  "an account whose pool names no agent": plannedOnce({ phoneNumberId: "1", secrets: { app: "A", verify: "B", token: "C" } }),
} as const;

const intents = {
  refund: ["I want my money back", "please refund my order", "how do I get a refund", "return my payment", "refund this purchase please"],
  pricing: ["what does it cost", "how much is the big plan", "price list please", "is there a discount", "what do you charge a month"],
};

/** Good, once its intents are trained; another word in an example is another text. Further fields stand beside the first intent's examples. */
export const intentsText = (word = "money", more: object = {}): string =>
  JSON.stringify({
    ...specimen,
    intents: { refund: { examples: [`I want my ${word} back`, ...intents.refund], ...more }, pricing: { examples: intents.pricing } },
    rules: [{ name: "refunds", when: { intent: "refund" }, pool: "support" }],
  });

/** Few examples, and so many intents, or so much said about them, that the edge leaves them to the command line. */
export const wideIntentsText = (count: number, description = ""): string => {
  const ofOne = (index: number) => ({ examples: [`about matter ${index}`, `matter ${index} please`], ...(description && { description }) });
  const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`matter-${index}`, ofOne(index)]));
  return JSON.stringify({ ...JSON.parse(intentsText()), intents: { refund: ofOne(count), ...many } });
};

/** So many examples that the edge leaves them to the command line. */
export const manyIntentsText = (): string =>
  intentsText("money", { examples: Array.from({ length: 2000 }, (_, index) => `back ${index}`) });
