/** The same table in real workerd, through the way out that the conversation object uses. */
import { inject } from "vitest";
import { instanceHttp } from "../../../durable-objects/instance-http.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import { native } from "../../../src/links/native/index.ts";
import { readsEveryAnswer } from "../../contract/link.ts";

const http = instanceHttp({ JURISDICTIONS: "off", ALLOW_PRIVATE_INSTANCES: "true", PUBLIC_URL: "https://edge.test" });
readsEveryAnswer({ link: native, ports: { http, clock: systemClock }, server: () => inject("answering") });
