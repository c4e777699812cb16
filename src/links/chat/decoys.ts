/**
 * Client tools that are called like a gateway's own. A gateway refuses a client's tool that has the name of one its agent really has,
 * before its model is asked: a turn that carries these is one of an agent without tools, or none at all.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */

/**
 * `tool_search` is there as soon as anything is allowed at all. Left out are the names that gateways refuse for every agent: `exec`,
 * `bash`, `read`, `write`, `edit`, `ls`, `grep`, `find`.
 */
const NAMES =
  "tool_search process apply_patch gateway cron nodes message sessions_send sessions_spawn sessions_list session_status web_fetch web_search browser computer openclaw view_image subagents memory_search".split(
    " ",
  );

/** `tool_choice` would switch the comparison off. */
export const decoys = () => NAMES.map((name) => ({ type: "function", function: { name, parameters: { type: "object", properties: {} } } }));
