import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** As long as the id of a run. */
const id = process.argv[2]!;
let enqueued = 0;

const app = new Hono();
app.post("/v1/tasks/:task", async (context) => {
  const { input } = await context.req.json<{ input: { text: string } }>();
  if (input.text.length > 0) enqueued += 1;
  return context.json({ id }, 202);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => {
  server.close();
  process.exit(enqueued > 0 ? 0 : 1);
});
