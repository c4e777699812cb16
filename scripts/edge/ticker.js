/**
 * Runs beside the bundle in a local workerd, which has no cron of its own: fires the bundle's scheduled handler when the runner asks.
 * It listens on a random loopback port and knows only the path that the runner made up at this start. Never part of a deployment.
 */
// biome-ignore lint/style/noDefaultExport: a Worker's entry
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== "POST" || pathname !== `/${env.TICKER_TOKEN}`) return new Response(null, { status: 404 });
    const result = await env.EDGE.scheduled({ cron: searchParams.get("cron"), scheduledTime: new Date(Number(searchParams.get("at"))) });
    return Response.json(result);
  },
};
