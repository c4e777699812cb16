/** The same table in real workerd, through the way out that the conversation object uses. */
import { inject } from "vitest";
import { instanceHttp } from "../../../durable-objects/instance-http.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import { chat } from "../../../src/links/chat/index.ts";
import { readsEveryChatAnswer } from "../../contract/chat-link.ts";

const http = instanceHttp({ JURISDICTIONS: "off", ALLOW_PRIVATE_INSTANCES: "true", PUBLIC_URL: "https://edge.test" });
readsEveryChatAnswer({ link: chat, ports: { http, clock: systemClock }, server: () => inject("answering") });
