import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { answers, endpoint, ok } from "../fixtures/endpoint.ts";
import { loopback, type Post, post, upTo } from "../fixtures/post.ts";
import { type DispatchOnceOptions, dispatchAfter, dispatchOnce, keepHouse } from "../index.ts";
import { PushTopics } from "./after-publish.ts";

function once(office: Post, options: Partial<DispatchOnceOptions> = {}) {
  return dispatchOnce({ engine: office.engine, allow: loopback, ...options });
}

test("a step delivers what there is, signed, and says that nothing is left", async () => {
  const office = await post({ topic: { partitions: 3 } });
  const shop = await endpoint();
  await office.group("billing", shop.url);
  await office.publish(...upTo(20));
  expect(await once(office)).toEqual({ delivered: 20, failed: 0, left: false });
  expect(new Set(shop.ids).size).toBe(20);
  const { current } = await office.engine.signingKeys();
  const { raw, headers } = shop.heard[0]!;
  expect(new Webhook(current).verify(raw, headers as Record<string, string>)).toMatchObject({
    group: "billing",
  });
  expect(await once(office)).toEqual({ delivered: 0, failed: 0, left: false });
});

test("a step ends at its bounds, and the next one goes on", async () => {
  const office = await post();
  const shop = await endpoint();
  await office.group("billing", shop.url);
  await office.publish(...upTo(20));
  expect(await once(office, { maxMessages: 8 })).toEqual({ delivered: 8, failed: 0, left: true });
  expect(shop.heard).toHaveLength(8);
  expect(await once(office, { budgetMs: 0 })).toEqual({ delivered: 0, failed: 0, left: true });
  expect(await once(office)).toEqual({ delivered: 12, failed: 0, left: false });
  expect(shop.mostActive).toBeLessThanOrEqual(5);
});

test("failures, batches and the last attempt are treated as a dispatcher does", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) => {
    const bad = heard.body.messages
      .filter(({ value }) => value === 3)
      .map(({ id }) => ({ itemIdentifier: id }));
    answers(200, {}, { batchItemFailures: bad })(heard, response);
  });
  const group = {
    maxDeliveries: 2,
    backoff: { initialMs: 0, maxMs: 0 },
    push: { url: shop.url, batchSize: 5 },
  };
  await office.group("billing", shop.url, group);
  await office.publish(...upTo(10));
  const { delivered, failed } = await once(office);
  expect([delivered, failed]).toEqual([9, 2]);
  expect(await office.deadLetters("billing")).toMatchObject([{ originOffset: 3, attempts: 2 }]);
  expect((await office.describe("billing")).lag).toBe(0);
});

test("what waits behind a failure in its order is not called", async () => {
  const office = await post();
  const shop = await endpoint((heard, response) =>
    (heard.body.messages[0]!.value === 1 ? answers(500) : ok)(heard, response),
  );
  await office.group("billing", shop.url, {
    ordering: "partition",
    backoff: { initialMs: 60_000, maxMs: 60_000 },
  });
  await office.publish(...upTo(4));
  expect(await once(office)).toMatchObject({ delivered: 1, failed: 1 });
  expect(shop.ids).toEqual(["0-0", "0-1"]);
  expect(await office.describe("billing")).toMatchObject({ inFlight: 0, retrying: 1 });
});

test("an endpoint that wants a pause gets it, from every later step", async () => {
  const office = await post();
  const shop = await endpoint(answers(503, { "retry-after": "3600" }));
  await office.group("billing", shop.url);
  await office.publish(...upTo(3));
  expect(await once(office, { concurrency: 1 })).toMatchObject({ delivered: 0, failed: 0 });
  expect(shop.heard).toHaveLength(1);
  expect(await once(office)).toEqual({ delivered: 0, failed: 0, left: false });
  expect(shop.heard).toHaveLength(1);
  expect((await office.describe("billing")).heldUntil).toBeGreaterThan(Date.now() + 3_500_000);
});

test("an endpoint that hangs delays no other group", async () => {
  const office = await post();
  const quick = await endpoint();
  const open = Promise.withResolvers<void>();
  const slow = await endpoint(async (heard, response) => {
    await open.promise;
    return ok(heard, response);
  });
  await office.group("slow", slow.url);
  await office.group("quick", quick.url);
  await office.publish(...upTo(10));
  const step = once(office);
  await quick.until(() => new Set(quick.ids).size === 10);
  open.resolve();
  expect(await step).toEqual({ delivered: 20, failed: 0, left: false });
});

test("behind a publish only its topic's groups are called, and other requests cost nothing", async () => {
  const office = await post();
  const shop = await endpoint();
  await office.group("billing", shop.url);
  await office.publish("a");
  const topics = new PushTopics();
  const after = (method: string, path: string, status: number) =>
    dispatchAfter(
      new Request(`http://edge.test${path}`, { method }),
      new Response(null, { status }),
      topics,
      {
        engine: office.engine,
        allow: loopback,
      },
    );
  await after("POST", "/v1/topics/other/messages", 202);
  await after("POST", "/v1/topics/orders/messages", 422);
  await after("GET", "/v1/topics/orders/messages", 202);
  await after("POST", "/v1/topics/orders/groups/g/receive", 202);
  expect(shop.heard).toEqual([]);
  await after("POST", "/v1/topics/orders/messages?x=1", 202);
  expect(shop.ids).toEqual(["0-0"]);
});

test("a clock's round keeps house and delivers, whatever fails", async () => {
  const office = await post();
  const shop = await endpoint();
  await office.group("billing", shop.url);
  await office.engine.append(office.topic, [{ value: Buffer.from("late"), delayMs: 1 }]);
  const errors: unknown[] = [];
  const options = { engine: office.engine, allow: loopback, onEvent: errors.push.bind(errors) };
  await shop.until(() => true);
  while (shop.heard.length === 0) await keepHouse(options);
  expect(shop.ids).toEqual(["0-0"]);
  office.redis.disconnect();
  await keepHouse(options);
  expect(errors.at(-1)).toMatchObject({ type: "error", error: { code: "REDIS_UNAVAILABLE" } });
});
