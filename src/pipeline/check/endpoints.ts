/** Whether a gateway's /v1 is there, and takes the edge for who it is. Asks for nothing but what is there. */
import { chatAuthOf } from "../../config/ids.ts";
import type { InstanceConfig } from "../../config/schema.ts";
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";
import { type AskV1, agentsIn, errorTypeOf, lacksScope, type Said } from "./v1.ts";

const CHECK = "/v1";

export const askModels = (ask: AskV1): Promise<Said> => ask({ path: "/v1/models" });

export function endpointLine(said: Said, instance: InstanceConfig): CheckLine {
  if (agentsIn(said) !== undefined) return good(CHECK, "on, and takes the edge's credentials");
  return bad(CHECK, said.told, fixOf(said, instance));
}

function fixOf(said: Said, instance: InstanceConfig): string {
  const { status } = said;
  if (status === 401) return unauthorizedFix(instance);
  if (status === 403) return forbiddenFix(said, instance);
  if (status === 200 || status === 404) {
    return "Set gateway.http.endpoints.chatCompletions.enabled to true in the gateway; if it is, let the way there pass /v1/models.";
  }
  if (status === 503) return "The gateway is starting or leaving: wait, then check again.";
  if (status !== undefined && status >= 300 && status < 400) {
    return "Something before the gateway wants a login: give the edge a service token for it, under chat.headers of the instance.";
  }
  return "See the lines startup and health, and whether the way there passes /v1.";
}

function unauthorizedFix(instance: InstanceConfig): string {
  if (chatAuthOf(instance) === "token")
    return `Make ${instance.secrets.gateway} equal to gateway.auth.token, and gateway.auth.mode to "token".`;
  return (
    'Set gateway.auth.mode to "trusted-proxy" with trustedProxy.userHeader as chat.userHeader and chat.user among allowUsers; ' +
    "allowLoopback where its proxy runs on the same host; and let the headers of requiredHeaders arrive."
  );
}

/** @see https://docs.openclaw.ai/gateway/trusted-proxy-auth */
function forbiddenFix(said: Said, instance: InstanceConfig): string {
  if (lacksScope(said)) return 'Set chat.scopes of the instance to ["operator.write"], and give the gateway\'s role the same scope.';
  if (errorTypeOf(said) === "proxy_attribution_required") {
    const both = "Set forwardedFor of the instance to one public address, and gateway.trustedProxies to the address of its proxy";
    return chatAuthOf(instance) === "trusted-proxy" ? `${both}: in trusted-proxy mode both are needed.` : `${both}, or neither.`;
  }
  return "Something before the gateway refuses the edge: give it a service token under chat.headers of the instance.";
}

/** A request without a question is told apart from an address that is not there, and starts nothing. */
export async function responsesLine(ask: AskV1, model: string): Promise<CheckLine> {
  const check = "/v1/responses";
  const said = await ask({ path: check, body: { model } });
  if (said.status === 400 && errorTypeOf(said) === "invalid_request_error") return good(check, "on: PDFs can be passed on");
  const fix = "Set gateway.http.endpoints.responses.enabled to true in the gateway, and let the way there pass /v1/responses.";
  if (said.status === 404) return warn(check, "off: agents are told of PDFs by name and cannot read them", fix);
  return unknown(check, said.told, fix);
}
