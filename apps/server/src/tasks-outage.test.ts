import { Client } from "@tidegate/client";
import { defineTask } from "@tidegate/tasks";
import { runTasks } from "@tidegate/tasks/worker";
import { eventually, startRedis } from "@tidegate/testkit";
import { type TestContext, test, vi } from "vitest";
import * as z from "zod";
import { type ServerProcess, startProcess } from "./fixtures/server-process.ts";

vi.setConfig({ testTimeout: 60_000 });

const greet = defineTask({ name: "greet", input: z.object({ name: z.string() }) });

/** A server in a process of its own, on a Redis that a test may end, and a worker beside it. */
async function startAll({ onTestFinished }: TestContext) {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const server = await startProcess({ REDIS_URL: redis.url });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  const connection = redis.client();
  connection.on("error", () => {});
  const ran: string[] = [];
  const worker = runTasks([greet.implement(({ name }) => void ran.push(name))], { redis: connection });
  onTestFinished(() => worker.stop({ timeoutMs: 0 }));
  await worker.ready;
  return { redis, server, ran, client: new Client({ url: server.url }) };
}

const enqueue = (server: ServerProcess, name: string) =>
  server.call("POST", "/v1/tasks/greet", { input: { name } });

test.concurrent("while Redis is away an enqueue is refused in its time, and a client's comes through once", async (context) => {
  const { expect } = context;
  const { redis, server, client, ran } = await startAll(context);
  expect((await enqueue(server, "before")).status).toBe(202);
  await eventually("it ran", () => ran.length === 1);
  await redis.kill("SIGKILL");
  const refused = await enqueue(server, "refused");
  expect(refused).toMatchObject({ status: 503, body: { retryable: true } });
  expect(["REDIS_UNAVAILABLE", "OVERLOADED"]).toContain(refused.body.code);
  for (const path of ["/v1/tasks/greet", "/v1/tasks/greet/r-1", "/v1/tasks", "/v1/http-tasks/schedules"])
    expect(await server.call("GET", path)).toMatchObject({ status: 503, body: { retryable: true } });
  const patient = client.tasks.enqueue(greet, { name: "patient" }, { timeoutMs: 50_000 });
  await redis.restart();
  const { id } = await patient;
  expect((await client.tasks.wait(greet, id)).state).toBe("completed");
  expect(ran.filter((name) => name === "patient")).toEqual(["patient"]);
  expect(server.errors.join("")).toBe("");
});

test.concurrent("who watches a run, and who waits for it, hears of its end through an outage", async (context) => {
  const { expect } = context;
  const { redis, server, client } = await startAll(context);
  const { id } = await client.tasks.enqueue(greet, { name: "later" }, { delayMs: 4_000 });
  const seen: string[] = [];
  let began = () => {};
  const first = new Promise<void>((resolve) => {
    began = resolve;
  });
  const watching = (async () => {
    for await (const { state } of client.tasks.watch(greet, id)) {
      seen.push(state);
      began();
    }
  })();
  const waiting = client.tasks.wait(greet, id, { timeoutMs: 50_000 });
  await first;
  await redis.kill("SIGKILL");
  await eventually("the server knows", async () => (await server.call("GET", "/readyz")).status === 503);
  await redis.restart();
  expect((await waiting).state).toBe("completed");
  await watching;
  expect(seen[0]).toBe("delayed");
  expect(seen.at(-1)).toBe("completed");
});
