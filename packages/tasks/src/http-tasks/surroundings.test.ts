import { httpTaskGroup, httpTaskTopic } from "@tidegate/contracts";
import { Engine } from "@tidegate/core";
import { eventually, startRedis, testNamespace } from "@tidegate/testkit";
import { Cluster, Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { HttpTaskScheduler } from "./http-task-scheduler.ts";
import { HttpTasks } from "./http-tasks.ts";

const url = "https://shop.example/hook";

async function settleAll(engine: Engine): Promise<number> {
  const { leases } = await engine.groups.receive(httpTaskTopic, httpTaskGroup, { create: false });
  for (const { id } of leases) await engine.groups.settle(httpTaskTopic, httpTaskGroup, id, { ack: "all" });
  return leases.reduce((sum, { messages }) => sum + messages.length, 0);
}

test("on a cluster tasks are enqueued and told, and schedules are set and carried out", async () => {
  const redis = new Cluster(inject("clusterUrls"));
  redis.on("error", () => {});
  const engine = new Engine({ redis, namespace: testNamespace() });
  const tasks = new HttpTasks({ engine, redis });
  const scheduler = new HttpTaskScheduler({ engine, redis });
  onTestFinished(async () => {
    await scheduler.stop();
    await tasks.close();
    await engine.stop();
    redis.disconnect();
  });
  scheduler.start();
  const { id } = await tasks.enqueue({ url, idempotencyKey: "k" });
  expect(await tasks.enqueue({ url, idempotencyKey: "k" })).toEqual({ id, duplicate: true });
  await tasks.schedules.put("often", { when: { everyMs: 100, limit: 3 }, call: { url, flowKey: "often" } });
  let taken = 0;
  await eventually("all of them come", async () => {
    taken += await settleAll(engine);
    return taken === 4;
  });
  expect((await tasks.get(id)).state).toBe("done");
  await tasks.schedules.delete("often");
  expect(await tasks.schedules.list()).toEqual([]);
});

test("schedules outlive a Redis that is killed and comes back; a stop does not wait for one that is away", async () => {
  const server = await startRedis({ appendonly: "always" });
  onTestFinished(() => server.stop());
  const redis = new Redis(server.url);
  redis.on("error", () => {});
  const engine = new Engine({ redis, namespace: testNamespace() });
  const tasks = new HttpTasks({ engine, redis });
  // One that was carried out when Redis went is told again, and is the same.
  const planned = new Set<number>();
  let troubled = () => {};
  const trouble = new Promise<void>((resolve) => (troubled = resolve));
  const scheduler = new HttpTaskScheduler({
    engine,
    redis,
    onEvent(event) {
      if (event.type === "planned") planned.add(event.plannedAt);
      if (event.type === "error") troubled();
    },
  });
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  scheduler.start();
  await tasks.schedules.put("often", { when: { everyMs: 100 }, call: { url } });
  await eventually("it comes", () => planned.size >= 3);
  await server.kill("SIGKILL");
  await trouble;
  const before = planned.size;
  await server.restart();
  await eventually("it comes again", () => planned.size >= before + 3, 40_000);
  await scheduler.stop();
  await eventually("as many were enqueued as were planned", async () => {
    const { lag } = await engine.groups.describe(httpTaskTopic, httpTaskGroup);
    return lag === planned.size;
  });
  scheduler.start();
  await server.kill("SIGKILL");
  await Promise.all([scheduler.stop(), scheduler.stop()]);
  scheduler.start();
  await scheduler.stop();
  // What still waits for Redis ends once it is back.
  await server.restart();
  await tasks.close();
});
