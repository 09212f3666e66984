import type { TidegateError } from "@tidegate/contracts";
import { eventually, startRedis, startReplicaPair, testNamespace } from "@tidegate/testkit";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { Engine, RedisWatch } from "../src/index.ts";

const limitMs = 300;

function engineOn(redis: Redis, callTimeoutMs: number): Engine {
  const engine = new Engine({ redis, namespace: testNamespace(), callTimeoutMs });
  onTestFinished(() => engine.stop());
  return engine;
}

async function start(callTimeoutMs = 3_000) {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const redis = server.client();
  return { server, redis, engine: engineOn(redis, callTimeoutMs) };
}

const message = (value: string, idempotencyKey: string) => ({ value: Buffer.from(value), idempotencyKey });

async function valuesOf(engine: Engine): Promise<string[]> {
  const { messages } = await engine.read("t", 0, { from: "earliest", limit: 1000 });
  return messages.map(({ value }) => Buffer.from(value!).toString());
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: TidegateError) => error.code,
  );

test("a Redis that hangs is silent as long as it hangs, and a question of the watch's own ends it", async () => {
  const { server, engine } = await start();
  await engine.topics.put("t", { partitions: 1 });
  expect(engine.isRedisSilent(limitMs)).toBe(false);
  await server.kill("SIGSTOP");
  // Nothing was asked: nothing is amiss.
  expect(engine.isRedisSilent(limitMs)).toBe(false);
  const hangs = codeOf(engine.topics.get("t"));
  await eventually("it is silent", () => engine.isRedisSilent(limitMs));
  // Also when nobody waits any more, and at once then.
  expect(await hangs).toBe("REDIS_UNAVAILABLE");
  expect(engine.isRedisSilent(limitMs)).toBe(true);
  await server.kill("SIGCONT");
  await eventually("it answers", async () => !(await engine.isRedisSilent(limitMs)));
  expect((await engine.topics.get("t")).name).toBe("t");
});

test("a Redis that is gone is silent until it is back, over all engines that share a watch", async () => {
  const { server, redis } = await start();
  const redisWatch = new RedisWatch();
  const [one, other] = [1, 2].map(() => new Engine({ redis, namespace: testNamespace(), redisWatch }));
  await one!.topics.put("t", { partitions: 1 });
  await server.kill("SIGKILL");
  const fails = codeOf(one!.topics.get("t"));
  await eventually("it is silent", () => other!.isRedisSilent(limitMs));
  await server.restart();
  await eventually("it answers", async () => !(await other!.isRedisSilent(limitMs)));
  await fails;
});

test("a Redis that answers with errors is not silent", async () => {
  const { redis, engine } = await start();
  await engine.topics.put("t", { partitions: 1 });
  await redis.replicaof("127.0.0.1", 1);
  // READONLY: no outage of the connection, and an answer.
  expect(await codeOf(engine.topics.put("other", { partitions: 1 }))).toBe("REDIS_UNAVAILABLE");
  // Nothing counts as unanswered: else it would be asked, with a promise.
  expect(engine.isRedisSilent(0)).toBe(false);
});

test("what waits behind a hung call has one time with it, is never sent, and is told so", async () => {
  const { server, redis, engine } = await start();
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [message("warm", "warm")]);
  await server.kill("SIGSTOP");
  const sentBefore = redis.commandQueue.length;
  const sent = codeOf(engine.append("t", [message("sent", "sent")]));
  await eventually("it was sent", () => redis.commandQueue.length > sentBefore);
  const queued = ["b", "c"].map((value) => codeOf(engine.append("t", [message(value, value)])));
  expect(await sent).toBe("REDIS_UNAVAILABLE");
  expect(await Promise.all(queued)).toEqual(["OVERLOADED", "OVERLOADED"]);
  await server.kill("SIGCONT");
  // What was sent is carried out, before whatever is sent later.
  expect(await valuesOf(engine)).toEqual(["warm", "sent"]);
  const again = await engine.append(
    "t",
    ["sent", "b", "c"].map((value) => message(value, value)),
  );
  expect(again.outcomes.map((outcome) => "duplicate" in outcome && outcome.duplicate)).toEqual([
    true,
    false,
    false,
  ]);
  expect(await valuesOf(engine)).toEqual(["warm", "sent", "b", "c"]);
});

test("of messages that were sent and messages that were not, the whole is told what is open", async () => {
  const { server, redis, engine } = await start();
  await engine.topics.put("t", { partitions: 2 });
  await engine.append(
    "t",
    [0, 1].map((partition) => ({ ...message("warm", `${partition}`), partition })),
  );
  await server.kill("SIGSTOP");
  const sentBefore = redis.commandQueue.length;
  const before = codeOf(engine.append("t", [{ ...message("a", "a"), partition: 0 }]));
  await eventually("it was sent", () => redis.commandQueue.length > sentBefore);
  const both = engine.append("t", [
    { ...message("b", "b"), partition: 0 },
    { ...message("c", "c"), partition: 1 },
  ]);
  expect(await codeOf(both)).toBe("REDIS_UNAVAILABLE");
  expect(await before).toBe("REDIS_UNAVAILABLE");
  await server.kill("SIGCONT");
  expect(await valuesOf(engine)).toEqual(["warm", "a"]);
});

test("appends that wait for replicas on connections of their own are watched as well", async () => {
  const pair = await startReplicaPair();
  onTestFinished(() => pair.stop());
  const engine = engineOn(pair.master.client(), 3_000);
  await engine.topics.put("t", { partitions: 1 });
  await engine.append("t", [message("warm", "warm")], { acks: "replicas" });
  await pair.master.kill("SIGSTOP");
  const hangs = codeOf(engine.append("t", [message("a", "a")], { acks: "replicas" }));
  await eventually("it is silent", () => engine.isRedisSilent(limitMs));
  expect(await hangs).toBe("REDIS_UNAVAILABLE");
  await pair.master.kill("SIGCONT");
  await eventually("it answers", async () => !(await engine.isRedisSilent(limitMs)));
  const again = await engine.append("t", [message("a", "a")], { acks: "replicas" });
  expect(again.outcomes[0]?.status).toBe("appended");
  expect(await valuesOf(engine)).toEqual(["warm", "a"]);
}, 20_000);

test("health is told within its time", async () => {
  const { server, engine } = await start(600_000);
  expect((await engine.health()).reachable).toBe(true);
  await server.kill("SIGSTOP");
  expect(await engine.health()).toMatchObject({
    reachable: false,
    problems: [expect.stringContaining("did not answer within 1000 ms")],
  });
  await server.kill("SIGCONT");
  await eventually("it is reachable", async () => (await engine.health()).reachable);
});
