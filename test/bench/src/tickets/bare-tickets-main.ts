import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.get("/v1/tickets/:ticket", (context) => {
  const position = Number.parseInt(context.req.param("ticket"), 10);
  context.header("cache-control", "public, max-age=1");
  context.header("etag", `W/"waiting-${position}"`);
  return context.json({ state: "waiting", position, etaMs: position * 3, result: null });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => {
  server.close();
  process.exit();
});
