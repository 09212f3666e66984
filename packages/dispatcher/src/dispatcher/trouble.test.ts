import { eventually, manualClock } from "@tidegate/testkit";
import { expect, test } from "vitest";
import { answers, type Behaviour, endpoint, ok } from "../fixtures/endpoint.ts";
import { post, upTo } from "../fixtures/post.ts";

test("ten minutes of 503: nothing is given up, no attempt is spent, the endpoint is left alone", async () => {
  const clock = manualClock(Date.now());
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { maxDeliveries: 2 });
  await office.publish(...upTo(20));
  const beganAt = clock.now();
  let held = office.dispatch();
  const { events } = held;
  const pauses: number[] = [];
  for (let first = events.next("held"); ; first = events.next("held")) {
    const { forMs } = await first;
    pauses.push(forMs);
    if (clock.now() - beganAt >= 600_000) break;
    clock.advance(forMs);
    // What comes wakes who waits, since timers do not know the test's clock.
    await office.publish("more");
  }
  expect(pauses.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  expect(pauses.slice(6).every((ms) => ms === 60_000)).toBe(true);
  expect(await office.deadLetters("billing")).toEqual([]);
  // What was under way together at first, then one probe a pause.
  expect(shop.heard.length).toBeLessThanOrEqual(20 + pauses.length);
  expect(shop.heard.every(({ body }) => body.messages[0]!.attempt === 1)).toBe(true);
  shop.behaviour = ok;
  const resumed = events.next("resumed");
  clock.advance(60_000);
  await office.publish("last");
  await resumed;
  const all = 20 + pauses.length;
  await eventually("all are delivered", async () => {
    const { lag, inFlight, retrying } = await office.describe("billing");
    return lag + inFlight + retrying === 0;
  });
  held = office.dispatch();
  expect(new Set(shop.ids).size).toBe(all);
  expect(await office.deadLetters("billing")).toEqual([]);
});

test("Retry-After is held to, in seconds and as a date, and by the group in Redis", async () => {
  const clock = manualClock(Date.now());
  const office = await post({ now: clock.now });
  const date = () => new Date(clock.now() + 90_000).toUTCString();
  const replies = [
    () => answers(429, { "retry-after": "30" }),
    () => answers(503, { "retry-after": date() }),
  ];
  const shop = await endpoint((heard, response) => (replies.shift()?.() ?? ok)(heard, response));
  await office.group("billing", shop.url);
  await office.publish("a");
  const { events } = office.dispatch();
  expect(await events.next("held")).toMatchObject({ forMs: 30_000 });
  expect((await office.describe("billing")).heldUntil).toBe(clock.now() + 30_000);
  const second = events.next("held");
  clock.advance(30_000);
  await office.publish("b");
  const { forMs } = await second;
  // A date has whole seconds.
  expect(forMs).toBeGreaterThan(88_000);
  expect(forMs).toBeLessThanOrEqual(90_000);
  const resumed = events.next("resumed");
  clock.advance(forMs);
  await office.publish("c");
  await resumed;
  await shop.until(() => new Set(shop.ids).size === 3);
  expect(shop.heard.every(({ body }) => body.messages[0]!.attempt === 1)).toBe(true);
});

test("an endpoint that is down costs no attempts; when it is back everything is delivered", async () => {
  const clock = manualClock(Date.now());
  const office = await post({ now: clock.now });
  const shop = await endpoint();
  const { port, url } = shop;
  await shop.close();
  await office.group("billing", url, { maxDeliveries: 1 });
  await office.publish(...upTo(10));
  const { events } = office.dispatch();
  for (const expected of [1_000, 2_000, 4_000]) {
    const { forMs, reason } = await events.next("held");
    expect([forMs, reason]).toEqual([expected, expect.stringContaining("ECONNREFUSED")]);
    if (expected === 4_000) break;
    clock.advance(forMs);
    void office.publish("more");
  }
  await shop.listen(port);
  clock.advance(4_000);
  await office.publish("last");
  await shop.until(() => new Set(shop.ids).size === 13);
  expect(await office.deadLetters("billing")).toEqual([]);
});

test("what cannot be delivered for too long is given up, with the reason", async () => {
  const clock = manualClock(Date.now());
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { push: { url: shop.url, maxAgeMs: 10_000 } });
  await office.publish("old");
  const { events } = office.dispatch();
  const { forMs } = await events.next("held");
  clock.advance(Math.max(forMs, 10_001));
  const failed = events.next("failed");
  await office.publish("young");
  expect(await failed).toMatchObject({ ids: ["0-0"], becomes: "dead-letter" });
  await eventually("it is a dead letter", async () => (await office.deadLetters("billing")).length === 1);
  expect(await office.deadLetters("billing")).toMatchObject([
    { originOffset: 0, reason: "not delivered within 10000 ms: status 503" },
  ]);
  expect((await office.describe("billing")).lag).toBe(1);
});

test("five failures in a row open the circuit, a success closes it", async () => {
  const clock = manualClock(Date.now());
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(500));
  await office.group("billing", shop.url, { maxDeliveries: 100, ordering: "partition" });
  await office.publish("a", "b");
  const { events } = office.dispatch();
  let isHeld = false;
  void events.next("held").then(() => {
    isHeld = true;
  });
  // Retries are due by the test's clock.
  for (let attempts = 1; !isHeld; attempts++) {
    await shop.until(() => shop.heard.length >= attempts || isHeld);
    await eventually(
      "it is settled",
      async () => isHeld || (await office.describe("billing")).inFlight === 0,
    );
    clock.advance(2);
    await office.publish("more");
  }
  expect(shop.heard).toHaveLength(5);
  shop.behaviour = ok;
  const resumed = events.next("resumed");
  clock.advance(1_000);
  await office.publish("last");
  await resumed;
  expect(events.of("held")).toMatchObject([{ forMs: 1_000, reason: "status 500" }]);
});

test("4xx do not open the circuit: the endpoint is well, the messages are not", async () => {
  const office = await post();
  const shop = await endpoint(answers(400));
  await office.group("billing", shop.url, { maxDeliveries: 1 });
  await office.publish(...upTo(20));
  const { events } = office.dispatch();
  await eventually("all are dead letters", async () => (await office.deadLetters("billing")).length === 20);
  expect(events.of("held")).toEqual([]);
});

const garbage: Record<string, Behaviour> = {
  "closes in mid-body": (_heard, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => response.destroy());
  },
  "closes at once": (_heard, response) => response.destroy(),
  "answers garbage as JSON": answers(200, { "content-type": "application/json" }, "\u0000<<"),
  hangs: () => {},
  "redirects to this machine": answers(307, { location: "http://127.0.0.1:1/" }),
};

test.each(Object.entries(garbage))(
  "an endpoint that %s spends attempts, and takes no neighbours",
  async (_, behaviour) => {
    const office = await post();
    const shop = await endpoint((heard, response) => {
      const { value } = heard.body.messages[0]!;
      return (value === "bad" ? behaviour : ok)(heard, response);
    });
    await office.group("billing", shop.url, { maxDeliveries: 2, push: { url: shop.url, timeoutMs: 200 } });
    await office.publish("fine", "bad", "good");
    office.dispatch();
    await eventually("it is a dead letter", async () => (await office.deadLetters("billing")).length === 1);
    await eventually("the others are done", async () => (await office.describe("billing")).lag === 0);
    expect(await office.deadLetters("billing")).toMatchObject([{ originOffset: 1, attempts: 2 }]);
  },
);

test("a slow endpoint takes nobody else's slots", async () => {
  const office = await post();
  const slow = await endpoint(() => {});
  const quick = await endpoint();
  await office.group("slow", slow.url);
  await office.group("quick", quick.url);
  office.dispatch({ concurrency: 8, stopTimeoutMs: 0 });
  await office.publish(...upTo(100));
  await quick.until(() => new Set(quick.ids).size === 100);
  expect(slow.mostActive).toBeLessThanOrEqual(6);
  expect(slow.mostActive).toBeGreaterThan(0);
});
