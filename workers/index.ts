export { Bot } from "../durable-objects/bot/durable-object.ts";
export { Config } from "../durable-objects/config/durable-object.ts";
export { Conversation } from "../durable-objects/conversation/durable-object.ts";
export { Instance } from "../durable-objects/instance/durable-object.ts";
export { Shard } from "../durable-objects/shard/durable-object.ts";

export default { fetch: () => new Response("not yet", { status: 503 }) };
