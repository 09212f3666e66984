import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually, startRedis } from "@tidegate/testkit";
import { Webhook } from "standardwebhooks";
import { expect, inject, onTestFinished, test } from "vitest";
import { endpoint, ok } from "../fixtures/endpoint.ts";
import { type Post, post, upTo } from "../fixtures/post.ts";

const program = fileURLToPath(new URL("../fixtures/killable-dispatcher.ts", import.meta.url));

async function drained(office: Post, group: string): Promise<void> {
  await eventually(
    "nothing is left",
    async () => {
      const { lag, inFlight, retrying } = await office.describe(group);
      return lag + inFlight + retrying === 0;
    },
    40_000,
  );
}

test("two dispatchers share the work and repeat nothing", async () => {
  const office = await post({ topic: { partitions: 4 } });
  const shop = await endpoint();
  await office.group("billing", shop.url);
  const [one, other] = [office.dispatch(), office.dispatch()];
  for (const first of [0, 100, 200, 300]) await office.publish(...upTo(100).map((n) => first + n));
  await drained(office, "billing");
  await Promise.all([one.dispatcher.stop(), other.dispatcher.stop()]);
  expect(shop.heard).toHaveLength(400);
  expect(new Set(shop.ids).size).toBe(400);
});

test("limits hold over dispatchers: calls at once in the group, and for each key", async () => {
  const office = await post({ topic: { partitions: 2 } });
  const active = new Map<string, number>();
  let mostOfAKey = 0;
  const shop = await endpoint(async (heard, response) => {
    const key = heard.body.messages[0]!.key!;
    active.set(key, (active.get(key) ?? 0) + 1);
    mostOfAKey = Math.max(mostOfAKey, active.get(key)!);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    active.set(key, active.get(key)! - 1);
    return ok(heard, response);
  });
  await office.group("billing", shop.url, { concurrency: 3, perKey: { concurrency: 1 } });
  office.dispatch();
  office.dispatch();
  const messages = upTo(60).map((n) => ({ key: Buffer.from(`k${n % 6}`), value: Buffer.from("v") }));
  await office.engine.append(office.topic, messages);
  await drained(office, "billing");
  expect(new Set(shop.ids).size).toBe(60);
  expect(shop.mostActive).toBeLessThanOrEqual(3);
  expect(mostOfAKey).toBe(1);
});

test("what a killed dispatcher had under way comes again, marked as such", async () => {
  const office = await post();
  let isKilled = false;
  // It never answers the one that will be killed.
  const shop = await endpoint((heard, response) => isKilled && ok(heard, response));
  await office.group("billing", shop.url, { leaseMs: 1_000 });
  const child = dispatchElsewhere(office, 0);
  await office.publish(...upTo(20));
  await shop.requests(20);
  child.kill("SIGKILL");
  await once(child, "exit");
  isKilled = true;
  office.dispatch();
  await drained(office, "billing");
  const attempts = new Map(shop.heard.map(({ body }) => [body.messages[0]!.id, body.messages[0]!.attempt]));
  expect([...attempts.values()]).toEqual(upTo(20).map(() => 2));
  expect(await office.deadLetters("billing")).toEqual([]);
  const hooks = new Set(shop.heard.map(({ headers }) => headers["webhook-id"]));
  expect(hooks.size).toBe(20);
});

test("a stop waits for calls under way, and gives back the rest without an attempt spent", async () => {
  const office = await post();
  const open = Promise.withResolvers<void>();
  const shop = await endpoint(async (heard, response) => {
    await open.promise;
    return ok(heard, response);
  });
  await office.group("billing", shop.url);
  await office.publish(...upTo(30));
  const { dispatcher } = office.dispatch({ concurrency: 4, stopTimeoutMs: 30_000 });
  await shop.requests(4);
  const stopped = dispatcher.stop();
  const called = shop.heard.length;
  open.resolve();
  await stopped;
  const before = await office.describe("billing");
  expect(before.inFlight).toBe(0);
  expect(before.lag).toBe(30 - called);
  expect(shop.heard).toHaveLength(called);
  await dispatcher.stop();
  office.dispatch();
  await drained(office, "billing");
  expect(shop.heard).toHaveLength(30);
  expect(shop.heard.every(({ body }) => body.messages[0]!.attempt === 1)).toBe(true);
});

test("a stop gives up calls that take too long, without an attempt spent", async () => {
  const office = await post();
  const shop = await endpoint(() => {});
  await office.group("billing", shop.url);
  await office.publish("a");
  const { dispatcher, events } = office.dispatch({ stopTimeoutMs: 50 });
  await shop.requests(1);
  await dispatcher.stop();
  expect(await office.describe("billing")).toMatchObject({ inFlight: 0, retrying: 0, lag: 1 });
  expect(events.of("failed")).toEqual([]);
});

test("redis going away and coming back delays messages, and loses none", async () => {
  const redis = await startRedis({ appendonly: "always" });
  onTestFinished(() => redis.stop());
  const office = await post({ redisUrl: redis.url });
  const shop = await endpoint();
  await office.group("billing", shop.url, { leaseMs: 2_000 });
  const { events } = office.dispatch();
  await office.publish(...upTo(50));
  await shop.requests(1);
  const troubled = events.next("error");
  await redis.kill("SIGKILL");
  await troubled;
  await redis.restart();
  await office.publish(...upTo(50).map((n) => n + 50));
  await drained(office, "billing");
  expect(new Set(shop.ids).size).toBe(100);
  expect(await office.deadLetters("billing")).toEqual([]);
});

test("a dispatcher may be started before redis is there, stopped twice, and started again", async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const office = await post({ redisUrl: redis.url });
  const shop = await endpoint();
  await office.group("billing", shop.url);
  await redis.kill("SIGSTOP");
  const { dispatcher } = office.dispatch();
  await redis.kill("SIGCONT");
  await office.publish("a");
  await shop.requests(1);
  await Promise.all([dispatcher.stop(), dispatcher.stop()]);
  dispatcher.start();
  dispatcher.start();
  await office.publish("b");
  await shop.requests(2);
});

const day = 86_400_000;

test.each([-2 * day, 2 * day])(
  "a clock that is wrong by %s ms changes nothing: redis's counts",
  async (skewMs) => {
    const office = await post();
    const shop = await endpoint((heard, response) =>
      shop.heard.length === 1 ? response.writeHead(429, { "retry-after": "1" }).end() : ok(heard, response),
    );
    await office.group("billing", shop.url);
    await office.publish("a");
    dispatchElsewhere(office, skewMs);
    const heldUntil = await eventually(
      "it is held",
      async () => (await office.describe("billing")).heldUntil,
    );
    expect(Math.abs(heldUntil - Date.now())).toBeLessThan(60_000);
    await drained(office, "billing");
    expect(shop.heard.map(({ body }) => body.messages[0]!.attempt)).toEqual([1, 1]);
    expect(await office.deadLetters("billing")).toEqual([]);
    const { current } = await office.engine.signingKeys();
    // Receivers refuse what is five minutes old, by their clocks.
    for (const { raw, headers } of shop.heard)
      expect(new Webhook(current).verify(raw, headers as Record<string, string>)).toBeTruthy();
  },
);

function dispatchElsewhere(office: Post, skewMs: number): ChildProcess {
  const args = [program, inject("redisUrl"), office.namespace, String(skewMs)];
  const child = spawn(process.execPath, ["--conditions=tidegate-source", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
