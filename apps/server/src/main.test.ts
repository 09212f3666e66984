import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { runToEnd, type ServerProcess, startProcess } from "./fixtures/server-process.ts";

const redisUrl = inject("redisUrl");
const publish = (server: ServerProcess, value: unknown) =>
  server.call("POST", "/v1/topics/orders/messages", { messages: [{ value }] });

test("with a Redis of its own it keeps what was published over a restart", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "tidegate-data-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  const first = await startProcess({ TIDEGATE_DATA_DIR: dataDir });
  expect(first.lines.join("\n")).toContain("no TIDEGATE_TOKENS");
  expect((await first.call("GET", "/readyz")).body).toMatchObject({
    ready: true,
    evictionPolicy: "noeviction",
  });
  await first.call("PUT", "/v1/topics/orders", { partitions: 1 });
  const published = await publish(first, "kept");
  expect(await first.end("SIGTERM")).toBe(0);

  const second = await startProcess({ TIDEGATE_DATA_DIR: dataDir });
  const { body } = await second.call("GET", "/v1/topics/orders/partitions/0/messages");
  expect(body.messages).toMatchObject([{ offset: 0, value: "kept" }]);
  const next = await publish(second, "next");
  expect(next.body.messages[0].offset).toBe(1);
  expect(next.body.messages[0].ticket).not.toBe(published.body.messages[0].ticket);
  expect(await second.end("SIGINT")).toBe(0);
});

test("when its own Redis dies it ends too, for whoever runs it to start both again", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "tidegate-data-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  const server = await startProcess({ TIDEGATE_DATA_DIR: dataDir, TIDEGATE_LOG_LEVEL: "info" });
  const port = /"port":(\d+),"msg":"embedded redis runs"/.exec(server.errors.join(""))?.[1];
  const redis = new Redis(`redis://127.0.0.1:${port}`, { retryStrategy: null });
  redis.on("error", () => {});
  await redis.shutdown("NOSAVE").catch(() => {});
  redis.disconnect();
  expect(await server.ended).toBe(1);
});

test("tokens guard it, and then it need not say that nothing does", async () => {
  const server = await startProcess({
    REDIS_URL: redisUrl,
    TIDEGATE_TOKENS: "root=admin",
    HOST: "127.0.0.1",
  });
  expect(server.lines).toEqual([
    `tidegate shows its console at ${server.url}/console/`,
    `tidegate listening on ${server.url}`,
  ]);
  const page = await fetch(server.url, { headers: { accept: "text/html" } });
  expect(page.url).toBe(`${server.url}/console/`);
  expect(await page.text()).toContain("<title>Tidegate</title>");
  expect((await server.call("GET", "/v1/topics")).body.code).toBe("UNAUTHORIZED");
  // Answered before the body was read, and the connection goes on.
  for (const value of ["a", "b".repeat(100_000), "c"]) {
    const refused = await publish(server, value);
    expect(refused).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  }
  const allowed = await fetch(`${server.url}/v1/topics`, { headers: { authorization: "Bearer root" } });
  expect(allowed.status).toBe(200);
  expect(await server.end()).toBe(0);
});

test.each([
  [{ HOST: "0.0.0.0" }, "HOST is 0.0.0.0, but TIDEGATE_TOKENS is not set"],
  [{ PORT: "x" }, "PORT"],
  [{ TIDEGATE_TOKENS: "root" }, "TIDEGATE_TOKENS"],
])("%j: it says in one line why it does not start", async (environment, text) => {
  const { code, stderr } = await runToEnd({ REDIS_URL: redisUrl, ...environment });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tidegate: .*\n$/);
  expect(stderr).toContain(text);
});

test("a port that is taken is said in one line", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const { code, stderr } = await runToEnd({ REDIS_URL: redisUrl, PORT: String(port) });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tidegate: .*EADDRINUSE.*\n$/);
});
