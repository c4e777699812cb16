/** The bare forward: a Worker that sends the body on to the one upstream and answers what came back. It stores and checks nothing. */
// biome-ignore lint/style/noDefaultExport: a Worker's entry
export default {
  fetch: (request, env) => fetch(env.UPSTREAM, { method: "POST", headers: request.headers, body: request.body, redirect: "manual" }),
};
