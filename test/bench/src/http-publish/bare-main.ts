import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { publishPath } from "./publish-requests.ts";

/** As long as a ticket of Tidegate's. */
const ticket = process.argv[2]!;
let offset = 0;

const app = new Hono();
app.post(publishPath, async (context) => {
  const { messages } = await context.req.json<{ messages: unknown[] }>();
  const places = messages.map(() => ({ partition: 1, offset: offset++, ticket }));
  return context.json({ messages: places, backlog: { messages: offset, oldestMs: 1234, etaMs: null } }, 202);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => {
  server.close();
  process.exit();
});
