/** Reads the body and answers: what the runtime, the loopback and the load generator cost when a Worker does nothing. */
// biome-ignore lint/style/noDefaultExport: a Worker's entry
export default {
  async fetch(request) {
    await request.arrayBuffer();
    return new Response(null, { status: 200 });
  },
};
