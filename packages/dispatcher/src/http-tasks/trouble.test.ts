import { httpTaskGroup, httpTaskTopic } from "@tidegate/contracts";
import { eventually, manualClock } from "@tidegate/testkit";
import { expect, test } from "vitest";
import { answers, type Endpoint, endpoint, ok } from "../fixtures/endpoint.ts";
import { TaskOffice } from "../fixtures/task-office.ts";

const dayMs = 86_400_000;

/** Ids of calls, without their topic. */
const idsOf = ({ heard }: Endpoint) =>
  heard.map(({ headers }) => String(headers["webhook-id"]).split(":").at(-1));

test("an endpoint that is down waits without an attempt spent, and nobody waits with it", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const down = await endpoint();
  const { port, url } = down;
  await down.close();
  const well = await endpoint();
  for (let count = 0; count < 50; count += 1) await office.enqueue({ url, retries: 0 }, { url: well.url });
  const pauses: number[] = [];
  for (const [round] of Array(8).entries()) {
    // Each knows nothing but what is in Redis.
    const { dispatcher, events } = office.dispatch();
    const held = await events.next("held");
    if (round === 0) await well.requests(50);
    await dispatcher.stop();
    expect(held).toMatchObject({ key: `127.0.0.1:${port}`, reason: expect.stringContaining("ECONNREFUSED") });
    pauses.push(held.forMs);
    // What was under way together at first, then one probe a pause.
    if (round > 0) expect(events.of("held")).toHaveLength(1);
    clock.advance(held.forMs);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(await office.deadLetters()).toEqual([]);
  expect(new Set(idsOf(well)).size).toBe(50);
  await down.listen(port);
  office.dispatch();
  await down.requests(50);
  await office.drained();
  expect(down.heard).toHaveLength(50);
  expect(await office.deadLetters()).toEqual([]);
  expect((await office.engine.audit(httpTaskTopic)).findings).toEqual([]);
});

test("503 for a day: nothing is given up before, then with a reason and a callback", async () => {
  const clock = manualClock();
  const office = await new TaskOffice(clock.now).open();
  const shop = await endpoint(answers(503, { "retry-after": "3600" }));
  const caller = await endpoint();
  await office.enqueue({
    url: shop.url,
    retries: 0,
    failureCallbackUrl: `${caller.url}?a=1`,
    flowKey: "one",
  });
  const beganAt = clock.now();
  for (let hour = 0; hour < 24; hour += 1) {
    const { dispatcher, events } = office.dispatch();
    expect(await events.next("held")).toMatchObject({ key: "one", forMs: 3_600_000 });
    await dispatcher.stop();
    expect(await office.deadLetters()).toEqual([]);
    clock.advance(3_600_000);
  }
  expect(clock.now() - beganAt).toBe(dayMs);
  expect(shop.heard).toHaveLength(24);
  clock.advance(1_000);
  office.dispatch();
  await caller.requests(1);
  await office.drained();
  expect((await office.deadLetters())[0]).toMatchObject({
    reason: "not delivered within 86400000 ms: status 503",
  });
  expect(caller.heard[0]!.body).toMatchObject({ type: "http-task.failed", attempts: 1, output: null });
});

test("an endpoint that hangs takes nobody else's calls, and spends attempts", async () => {
  const office = await new TaskOffice().open();
  const hangs = await endpoint(() => {});
  const well = await endpoint();
  const stuck = { url: hangs.url, timeoutMs: 100, retries: 1 };
  const patient = { url: hangs.url, timeoutMs: 60_000, flowKey: "patient" };
  await office.enqueue(...Array(30).fill(patient), stuck);
  await office.enqueue(...Array.from({ length: 30 }, () => ({ url: well.url })));
  // So many calls at once as the patient ones alone would take.
  office.dispatch({ concurrency: 10, stopTimeoutMs: 100 });
  await well.requests(30);
  await eventually("the other one is given up", async () => (await office.deadLetters()).length === 1);
  expect((await office.deadLetters())[0]).toMatchObject({ reason: "no complete answer within 100 ms" });
  expect(hangs.mostActive).toBeLessThan(30);
  expect(await office.look(0)).toMatchObject({ state: "processing" });
});

test("five failures in a row give a key its pause, and a success ends it", async () => {
  const office = await new TaskOffice().open({ backoff: { initialMs: 60_000, maxMs: 60_000 } });
  const shop = await endpoint(answers(500));
  await office.enqueue(...Array(20).fill({ url: shop.url }));
  const { dispatcher, events } = office.dispatch({ concurrency: 5 });
  await events.next("held");
  await dispatcher.stop();
  const before = shop.heard.length;
  expect(before).toBeGreaterThanOrEqual(5);
  const key = Buffer.from(`127.0.0.1:${shop.port}`);
  const lane = { key, headers: [] };
  expect(await office.engine.groups.holdingLane(httpTaskTopic, httpTaskGroup, lane)).toMatchObject({
    forMs: 1_000,
  });
  shop.behaviour = ok;
  const { events: later } = office.dispatch();
  await later.next("resumed");
  await eventually("all that have not failed are called", () => new Set(idsOf(shop)).size === 20);
  expect(await office.engine.groups.holdingLane(httpTaskTopic, httpTaskGroup, lane)).toBeNull();
});

test("a key that was reset by hand is called at once", async () => {
  const office = await new TaskOffice().open();
  const shop = await endpoint(answers(503, { "retry-after": "3600" }));
  await office.enqueue({ url: shop.url, flowKey: "ada" });
  const { events } = office.dispatch();
  await events.next("held");
  await eventually("it went back", async () => {
    return (await office.engine.groups.describe(httpTaskTopic, httpTaskGroup)).inFlight === 0;
  });
  shop.behaviour = ok;
  await office.engine.groups.changeFlow(httpTaskTopic, httpTaskGroup, {
    keys: [{ key: Buffer.from("ada"), reset: true }],
  });
  await shop.requests(2);
  await office.drained();
});

test("a stop gives up calls that take too long, without an attempt spent", async () => {
  const office = await new TaskOffice().open();
  const shop = await endpoint(() => {});
  await office.enqueue(...Array(30).fill({ url: shop.url, retries: 0 }));
  const { dispatcher, events } = office.dispatch({ concurrency: 10, stopTimeoutMs: 50 });
  await shop.requests(10);
  await dispatcher.stop();
  const group = await office.engine.groups.describe(httpTaskTopic, httpTaskGroup);
  expect(group).toMatchObject({ inFlight: 0, retrying: 0, lag: 30, deadLettered: 0 });
  expect(events.of("failed")).toEqual([]);
  const before = shop.heard.length;
  shop.behaviour = ok;
  office.dispatch();
  await office.drained();
  expect(shop.heard).toHaveLength(before + 30);
  expect(await office.deadLetters()).toEqual([]);
});

test("a rate by key holds for the tasks of that key", async () => {
  const office = await new TaskOffice().open({
    perKey: { rate: { limit: 5, intervalMs: 86_400_000, burst: 5 } },
  });
  const shop = await endpoint();
  const other = await endpoint();
  await office.enqueue(...Array(20).fill({ url: shop.url, flowKey: "one" }));
  for (let count = 0; count < 20; count += 1)
    await office.enqueue({ url: other.url, flowKey: `other ${count}` });
  office.dispatch();
  await Promise.all([other.requests(20), shop.requests(5)]);
  await eventually("the rest waits", async () => {
    const { lag, inFlight } = await office.engine.groups.describe(httpTaskTopic, httpTaskGroup);
    return lag === 15 && inFlight === 0;
  });
  expect(shop.heard).toHaveLength(5);
});
