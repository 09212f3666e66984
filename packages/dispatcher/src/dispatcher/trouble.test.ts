import { eventually, manualClock } from "@tidegate/testkit";
import { expect, test } from "vitest";
import { answers, type Behaviour, type Endpoint, endpoint, ok } from "../fixtures/endpoint.ts";
import { loopback, type Post, post, upTo } from "../fixtures/post.ts";
import { dispatchOnce } from "../once/dispatch-once.ts";

/**
 * Dispatches until the group is held, and stops: then what was under way is settled, and the test may turn its clock on.
 * The next dispatcher knows nothing but what is in Redis.
 */
async function untilHeld(office: Post): Promise<{ forMs: number; reason: string }> {
  const { dispatcher, events } = office.dispatch();
  const held = await events.next("held");
  await dispatcher.stop();
  return held;
}

async function drained(office: Post, group: string): Promise<void> {
  await eventually("nothing is left", async () => {
    const { lag, inFlight, retrying } = await office.describe(group);
    return lag + inFlight + retrying === 0;
  });
}

const attemptsOf = ({ heard }: Endpoint) => heard.flatMap(({ body }) => body.messages.map((m) => m.attempt));

test("ten minutes of 503: nothing is given up, no attempt is spent, the endpoint is left alone", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { maxDeliveries: 1 });
  await office.publish(...upTo(20));
  const beganAt = clock.now();
  const pauses: number[] = [];
  const calls: number[] = [];
  while (clock.now() - beganAt < 600_000) {
    const { forMs } = await untilHeld(office);
    pauses.push(forMs);
    calls.push(shop.heard.length);
    clock.advance(forMs);
  }
  expect(pauses.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  expect(new Set(pauses.slice(6))).toEqual(new Set([60_000]));
  // What was under way together at first, then one probe a pause.
  expect(calls[0]).toBeLessThanOrEqual(20);
  expect(calls.map((count) => count - calls[0]!)).toEqual(pauses.map((_, index) => index));
  expect(new Set(attemptsOf(shop))).toEqual(new Set([1]));
  expect(await office.deadLetters("billing")).toEqual([]);
  shop.behaviour = ok;
  const { events } = office.dispatch();
  await events.next("resumed");
  await drained(office, "billing");
  expect(new Set(shop.ids).size).toBe(20);
  expect(new Set(attemptsOf(shop))).toEqual(new Set([1]));
  expect(await office.deadLetters("billing")).toEqual([]);
});

test("Retry-After is held to, in seconds and as a date", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const date = () => new Date(clock.now() + 90_000).toUTCString();
  const replies = [
    () => answers(429, { "retry-after": "30" }),
    () => answers(503, { "retry-after": date() }),
  ];
  const shop = await endpoint((heard, response) => (replies.shift()?.() ?? ok)(heard, response));
  await office.group("billing", shop.url);
  await office.publish("a");
  expect(await untilHeld(office)).toMatchObject({ forMs: 30_000 });
  expect((await office.describe("billing")).heldUntil).toBe(clock.now() + 30_000);
  clock.advance(29_999);
  expect(await dispatchOnce({ engine: office.engine, allow: loopback })).toMatchObject({ delivered: 0 });
  expect(shop.heard).toHaveLength(1);
  clock.advance(1);
  const { forMs } = await untilHeld(office);
  expect(shop.heard).toHaveLength(2);
  // A date has whole seconds.
  expect(forMs).toBeGreaterThan(88_000);
  expect(forMs).toBeLessThanOrEqual(90_000);
  clock.advance(forMs);
  const { events } = office.dispatch();
  await events.next("resumed");
  await drained(office, "billing");
  expect(attemptsOf(shop)).toEqual([1, 1, 1]);
  expect((await office.describe("billing")).heldUntil).toBeNull();
});

test("an endpoint that is down costs no attempts; when it is back everything is delivered", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const shop = await endpoint();
  const { port, url } = shop;
  await shop.close();
  await office.group("billing", url, { maxDeliveries: 1 });
  await office.publish(...upTo(10));
  for (const expected of [1_000, 2_000, 4_000]) {
    const { forMs, reason } = await untilHeld(office);
    expect([forMs, reason]).toEqual([expected, expect.stringContaining("ECONNREFUSED")]);
    clock.advance(forMs);
  }
  await shop.listen(port);
  office.dispatch();
  await drained(office, "billing");
  expect(shop.ids.sort()).toEqual(upTo(10).map((offset) => `0-${offset}`));
  expect(await office.deadLetters("billing")).toEqual([]);
});

test("what cannot be delivered for too long is given up, with the reason", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { push: { url: shop.url, maxAgeMs: 10_000 } });
  await office.publish("old");
  const { forMs } = await untilHeld(office);
  clock.advance(Math.max(forMs, 10_001));
  await office.publish("young");
  const { dispatcher, events } = office.dispatch();
  expect(await events.next("failed")).toMatchObject({ ids: ["0-0"], becomes: "dead-letter" });
  await dispatcher.stop();
  expect(await office.deadLetters("billing")).toMatchObject([
    { originOffset: 0, reason: "not delivered within 10000 ms: status 503" },
  ]);
  expect((await office.describe("billing")).lag).toBe(1);
});

test.each([-2, 2])(
  "a publisher's clock that is %i days wrong makes no message older or younger",
  async (days) => {
    const office = await post();
    const shop = await endpoint(answers(503));
    await office.group("billing", shop.url, { push: { url: shop.url, maxAgeMs: 86_400_000 } });
    const rightTime = Date.now;
    Date.now = () => rightTime() + days * 86_400_000;
    try {
      await office.publish("a");
    } finally {
      Date.now = rightTime;
    }
    await untilHeld(office);
    expect(await office.deadLetters("billing")).toEqual([]);
    // One that is older than a moment is not young by its own word either.
    await office.group("billing", shop.url, { push: { url: shop.url, maxAgeMs: 1 } });
    const { events } = office.dispatch();
    expect(await events.next("failed")).toMatchObject({ ids: ["0-0"], becomes: "dead-letter" });
  },
);

test("five failures in a row open the circuit, a success closes it", async () => {
  const office = await post();
  let failures = 0;
  const shop = await endpoint((heard, response) => {
    failures += 1;
    return (failures <= 5 ? answers(500) : ok)(heard, response);
  });
  await office.group("billing", shop.url, { maxDeliveries: 100, ordering: "partition" });
  await office.publish("a", "b");
  const { events } = office.dispatch();
  const resumed = events.next("resumed");
  expect(await events.next("held")).toMatchObject({ forMs: 1_000, reason: "status 500" });
  expect(shop.heard).toHaveLength(5);
  await resumed;
  await drained(office, "billing");
  expect(attemptsOf(shop)).toEqual([1, 2, 3, 4, 5, 6, 1]);
  expect(events.of("held")).toHaveLength(1);
});

test("a probe that fails opens the circuit again at once, by whichever dispatcher", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { maxDeliveries: 100, push: { url: shop.url, timeoutMs: 100 } });
  await office.publish("a", "b");
  const { forMs } = await untilHeld(office);
  clock.advance(forMs);
  // Five of these would be needed with a closed circuit.
  shop.behaviour = () => {};
  const { dispatcher, events } = office.dispatch();
  expect(await events.next("held")).toMatchObject({
    forMs: 2_000,
    reason: expect.stringContaining("100 ms"),
  });
  await dispatcher.stop();
  expect(await office.describe("billing")).toMatchObject({ retrying: 1, lag: 2 });
});

test("an endpoint that is held for an hour is left for another by a change of the address", async () => {
  const office = await post();
  const busy = await endpoint(answers(503, { "retry-after": "3600" }));
  const other = await endpoint();
  await office.group("billing", busy.url);
  await office.publish("a");
  const { events } = office.dispatch();
  await events.next("held");
  await office.group("billing", other.url);
  await other.requests(1);
  expect(attemptsOf(other)).toEqual([1]);
  await drained(office, "billing");
  expect((await office.describe("billing")).heldUntil).toBeNull();
});

test("whoever resumes a group ends its hold, for every dispatcher", async () => {
  const office = await post();
  const shop = await endpoint(answers(503, { "retry-after": "3600" }));
  await office.group("billing", shop.url);
  await office.publish("a");
  const { events } = office.dispatch();
  await events.next("held");
  shop.behaviour = ok;
  await office.engine.groups.resume(office.topic, "billing");
  await drained(office, "billing");
  expect(attemptsOf(shop)).toEqual([1, 1]);
});

test("a failure behind a hold that another dispatcher has ended does not open the circuit", async () => {
  const office = await post();
  const shop = await endpoint(answers(503, { "retry-after": "1" }));
  await office.group("billing", shop.url, { maxDeliveries: 1 });
  await office.publish("a");
  const { events } = office.dispatch();
  await events.next("held");
  await office.engine.groups.hold(office.topic, "billing", null);
  shop.behaviour = answers(500);
  const failed = events.next("failed");
  expect(await failed).toMatchObject({ ids: ["0-0"], reason: "status 500" });
  await eventually("it is a dead letter", async () => (await office.deadLetters("billing")).length === 1);
  expect(events.of("held")).toHaveLength(1);
});

test("a call that is not made says nothing of the endpoint: a hold goes on", async () => {
  const clock = manualClock();
  const office = await post({ now: clock.now });
  const shop = await endpoint(answers(503));
  await office.group("billing", shop.url, { maxDeliveries: 1 });
  await office.publish("a", "b");
  const { forMs } = await untilHeld(office);
  clock.advance(forMs);
  const { dispatcher, events } = office.dispatch({ allow: [] });
  await events.next("failed");
  await dispatcher.stop();
  expect(await office.engine.groups.holding(office.topic, "billing")).toMatchObject({ forMs: 1_000 });
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
