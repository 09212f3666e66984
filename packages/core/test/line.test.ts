import { placeOf } from "@tidegate/contracts";
import { type ManualClock, manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Admission, Engine, type LineSettings, type Visitor } from "../src/index.ts";
import { lineKeys, partitionKeys } from "../src/keys.ts";
import { runScript } from "../src/redis/script.ts";
import { putLine } from "../src/redis/scripts.gen.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const minute = 60_000;
const heartbeatMs = 10_000;

interface Setting {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly namespace: string;
  /** Another process on the same Redis. */
  another(): Engine;
}

/** A topic with a gate and a group of orders, and a line that opens now and starts in a minute. */
async function setUp(settings: Partial<LineSettings> = {}, stock: number | null = null): Promise<Setting> {
  const namespace = testNamespace();
  const clock = manualClock();
  const open = () => new Engine({ redis, namespace, subscribe: false, now: () => clock.now() });
  const engine = open();
  await engine.topics.put("sale", { partitions: 1, gate: { id: "g", stock, perKey: { limit: 10 } } });
  await engine.groups.put("sale", "orders");
  await engine.lines.put("sale", {
    id: "l",
    startsAt: clock.now() + minute,
    ordersGroup: "orders",
    heartbeatMs,
    ...settings,
  });
  return { engine, clock, namespace, another: open };
}

async function joinMany(engine: Engine, count: number): Promise<Visitor[]> {
  return Promise.all(Array.from({ length: count }, () => engine.lines.join("sale")));
}

/** The visitors in order of their places. */
async function inOrder(engine: Engine, visitors: readonly Visitor[]): Promise<Visitor[]> {
  const { view } = await engine.lines.standing("sale");
  return [...visitors].sort((one, other) => placeOf(one.number, view)! - placeOf(other.number, view)!);
}

const order = (key: string, admission?: Admission | "waived", idempotencyKey?: string) => ({
  key: Buffer.from(key),
  value: Buffer.from(key),
  admission,
  idempotencyKey,
});

async function buy(engine: Engine, ...message: Parameters<typeof order>): Promise<string> {
  const { outcomes } = await engine.append("sale", [order(...message)]);
  const [outcome] = outcomes;
  if (outcome!.status === "refused") return outcome!.error.code;
  return outcome!.duplicate ? "again" : "ok";
}

/** Works on all orders that wait. */
async function work(engine: Engine): Promise<number> {
  const { leases } = await engine.groups.receive("sale", "orders", { maxMessages: 1000 });
  for (const lease of leases) await engine.groups.settle("sale", "orders", lease.id, { ack: "all" });
  return leases.reduce((sum, { messages }) => sum + messages.length, 0);
}

test("numbers are dense; a repeat under the same key gets the same, whichever process asks", async () => {
  const { engine, another } = await setUp();
  const other = another();
  const joins = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      (n % 2 ? engine : other).lines.join("sale", { idempotencyKey: `k${n % 25}` }),
    ),
  );
  expect(new Set(joins.map(({ number }) => number))).toEqual(
    new Set(Array.from({ length: 25 }, (_, n) => n)),
  );
  expect(joins.filter(({ duplicate }) => duplicate)).toHaveLength(25);
  for (let n = 0; n < 25; n += 1) expect(joins[n]!.number).toBe(joins[n + 25]!.number);
  expect((await engine.lines.standing("sale")).view).toMatchObject({ state: "open", joined: 25 });
});

test("the seed is promised before anybody joins, and told at the start", async () => {
  const { engine, clock } = await setUp();
  const before = (await engine.lines.standing("sale")).view;
  expect(before).toMatchObject({ state: "open", seed: null, shuffled: null, serving: 0, head: 0 });
  await joinMany(engine, 5);
  clock.advance(minute);
  const { view } = await engine.lines.standing("sale");
  expect(view).toMatchObject({ state: "running", shuffled: 5, commitment: before.commitment });
  const hash = await crypto.subtle.digest("SHA-256", Buffer.from(view.seed!, "hex"));
  expect(Buffer.from(hash).toString("hex")).toBe(before.commitment);
  // Who comes later stands behind them, in order of arrival.
  const late = await engine.lines.join("sale");
  expect(placeOf(late.number, view)).toBe(5);
});

test("a line that is put again keeps its visitors; another id begins anew", async () => {
  const { engine, clock } = await setUp();
  const startsAt = clock.now() + minute;
  await joinMany(engine, 3);
  const same = await engine.lines.put("sale", { id: "l" });
  expect(same).toMatchObject({ created: false, line: { startsAt, heartbeatMs, maxLag: 1000 } });
  expect(await engine.lines.put("sale", { id: "l", maxLag: 7, startsAt: startsAt + 5 })).toMatchObject({
    created: false,
    line: { maxLag: 7, startsAt: startsAt + 5, commitment: same.line.commitment },
  });
  expect((await engine.lines.standing("sale")).view.joined).toBe(3);
  clock.advance(2 * minute);
  await expect(engine.lines.put("sale", { id: "l", startsAt: startsAt + 9 })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "startsAt", limit: startsAt + 5 },
  });
  const next = { id: "next", startsAt: clock.now() + minute, ordersGroup: "orders" };
  const { created, line } = await engine.lines.put("sale", next);
  expect(created).toBe(true);
  expect(line.commitment).not.toBe(same.line.commitment);
  expect((await engine.lines.standing("sale")).view).toMatchObject({ id: "next", joined: 0, state: "open" });
});

test("what a line cannot be made of is refused with its field", async () => {
  const { engine, clock } = await setUp();
  const startsAt = clock.now() + minute;
  const refuse = async (topic: string, settings: object, code: string, field?: string) => {
    const put = engine.lines.put(topic, settings as LineSettings);
    await expect(put).rejects.toMatchObject({ code, ...(field && { details: { field } }) });
  };
  await refuse("nowhere", { id: "x", startsAt, ordersGroup: "orders" }, "TOPIC_NOT_FOUND");
  await refuse("sale", { id: "x", ordersGroup: "orders" }, "INVALID", "startsAt");
  await refuse("sale", { id: "x", startsAt }, "INVALID", "ordersGroup");
  await refuse("sale", { id: "x", startsAt, ordersGroup: "nobody" }, "GROUP_NOT_FOUND");
  await refuse("sale", { id: "x y", startsAt, ordersGroup: "orders" }, "INVALID", "id");
  await refuse(
    "sale",
    { id: "x", startsAt, opensAt: startsAt + 1, ordersGroup: "orders" },
    "INVALID",
    "startsAt",
  );
  await refuse("sale", { id: "l", maxLag: 0 }, "INVALID", "maxLag");
  await refuse("sale", { id: "l", heartbeatMs: 999 }, "INVALID", "heartbeatMs");
  await engine.topics.put("free", { partitions: 1 });
  await refuse("free", { id: "x", startsAt, ordersGroup: "orders" }, "INVALID", "topic");
  const gate = { id: "g" };
  await engine.topics.put("wide", { partitions: 65, placement: "together", gate });
  await refuse("wide", { id: "x", startsAt, ordersGroup: "orders" }, "INVALID", "topic");
});

test("without a line, or before it opens, there is nothing to join", async () => {
  const { engine, clock } = await setUp({ opensAt: 0 });
  await engine.lines.put("sale", {
    id: "later",
    opensAt: clock.now() + 500,
    startsAt: clock.now() + 1_000,
    ordersGroup: "orders",
  });
  await expect(engine.lines.join("sale")).rejects.toMatchObject({
    code: "LINE_NOT_OPEN",
    retryable: true,
    details: { retryAfterMs: 500 },
  });
  expect((await engine.lines.standing("sale")).view.state).toBe("announced");
  clock.advance(500);
  const visitor = await engine.lines.join("sale");
  await expect(engine.lines.admit("sale", visitor)).rejects.toMatchObject({
    code: "LINE_NOT_OPEN",
    details: { retryAfterMs: 500 },
  });
  await engine.lines.delete("sale");
  const gone = { code: "LINE_NOT_FOUND" };
  await expect(engine.lines.join("sale")).rejects.toMatchObject(gone);
  await expect(engine.lines.standing("sale")).rejects.toMatchObject(gone);
  await expect(engine.lines.delete("sale")).rejects.toMatchObject(gone);
  await expect(engine.lines.admit("sale", visitor)).rejects.toMatchObject(gone);
  expect(await redis.keys(`*:line*`).then((keys) => keys.filter((key) => key.includes("sale:line")))).toEqual(
    [],
  );
});

test("no more join in a second than the line takes", async () => {
  const { engine, clock } = await setUp({ joinsPerSecond: 3 });
  await joinMany(engine, 3);
  const refused = { code: "OVERLOADED", details: { retryAfterMs: 1000 - (clock.now() % 1000) } };
  await expect(engine.lines.join("sale")).rejects.toMatchObject(refused);
  clock.advance(1_000);
  expect((await engine.lines.join("sale")).number).toBe(3);
});

test("the serving number moves as the group works, and never lets in more than it may", async () => {
  const { engine, clock } = await setUp({ maxLag: 4 });
  const visitors = await joinMany(engine, 12);
  clock.advance(minute);
  const first = await engine.lines.standing("sale");
  expect(first).toMatchObject({ view: { serving: 4 }, called: 4, admitted: 0, lag: 0 });
  const queue = await inOrder(engine, visitors);
  await expect(engine.lines.admit("sale", queue[4]!)).rejects.toMatchObject({
    code: "NOT_YOUR_TURN",
    retryable: true,
  });
  const admission = await engine.lines.admit("sale", queue[0]!);
  expect(admission).toMatchObject({ place: 0, expiresAt: clock.now() + 120_000 });
  clock.advance(500);
  expect(await engine.lines.admit("sale", queue[0]!)).toMatchObject({ expiresAt: admission.expiresAt });
  expect(await engine.lines.advance("sale")).toMatchObject({ view: { serving: 4 }, called: 3, admitted: 1 });

  expect(await buy(engine, "ada", admission)).toBe("ok");
  // The order waits: the place that it had in the limit is its own still.
  expect(await engine.lines.advance("sale")).toMatchObject({ view: { serving: 4 }, admitted: 0, lag: 1 });
  expect(await work(engine)).toBe(1);
  // Polls move it on ten times in a second at most, whatever their number.
  expect(await engine.lines.standing("sale")).toMatchObject({ view: { serving: 4 }, lag: 0 });
  clock.advance(100);
  expect(await engine.lines.standing("sale")).toMatchObject({ view: { serving: 5 }, called: 4, lag: 0 });
});

test("a line that nobody polls is moved on by housekeeping", async () => {
  const { engine, clock, namespace } = await setUp({ maxLag: 5 });
  await joinMany(engine, 9);
  await engine.housekeep();
  const serving = () => redis.hget(`{${namespace}:sale:0}:line`, "serving");
  expect(await serving()).toBe("0");
  clock.advance(minute);
  await engine.housekeep();
  expect(await serving()).toBe("5");
});

test("who is admitted and does not buy in time makes room for the next", async () => {
  const { engine, clock } = await setUp({ maxLag: 1, admissionMs: 3_000 });
  const visitors = await joinMany(engine, 2);
  clock.advance(minute);
  await engine.lines.standing("sale");
  const [one] = await inOrder(engine, visitors);
  await engine.lines.admit("sale", one!);
  clock.advance(2_999);
  expect(await engine.lines.advance("sale")).toMatchObject({ view: { serving: 1 }, admitted: 1 });
  clock.advance(1);
  expect(await engine.lines.advance("sale")).toMatchObject({ view: { serving: 2 }, admitted: 0, called: 1 });
});

test("settings that two operators put at once are both kept", async () => {
  const { engine, another } = await setUp();
  const other = another();
  for (let round = 1; round <= 20; round += 1) {
    await Promise.all([
      engine.lines.put("sale", { id: "l", maxLag: round }),
      other.lines.put("sale", { id: "l", headWindow: round }),
    ]);
    expect((await engine.lines.put("sale", { id: "l" })).line).toMatchObject({
      maxLag: round,
      headWindow: round,
    });
  }
});

test("put-line: times are not written any more when the line has started since they were read", async () => {
  const { engine, clock, namespace } = await setUp();
  const { topicId } = await engine.topics.get("sale");
  const startsAt = clock.now() + minute;
  const { channel: _, ...partition } = partitionKeys(
    { namespace },
    { topic: "sale", partition: 0, placement: "spread" },
  );
  const keys = { ...lineKeys({ namespace }, "sale", "spread"), meta: partition.meta };
  const args = { topicId, revision: "1", nonce: "", opensAt: clock.now() };
  const put = (now: number, wanted: number) =>
    runScript(redis, putLine, keys, { ...args, now, startsAt: wanted }, { args: ["maxLag", 5] });
  expect(await put(startsAt, startsAt + 1)).toBe(0);
  expect(await put(startsAt, startsAt)).toBe(1);
  expect(await put(startsAt, startsAt)).toBe(0);
  expect(await redis.hget(keys.line, "maxLag")).toBe("5");
});

test("an admission is good for one accepted message, and only in its time", async () => {
  const { engine, clock, another } = await setUp({ admissionMs: 5_000, maxLag: 3 });
  const visitors = await joinMany(engine, 3);
  expect(await buy(engine, "early")).toBe("ADMISSION_REQUIRED");
  clock.advance(minute);
  await engine.lines.standing("sale");
  const [one, two, three] = await inOrder(engine, visitors);
  const admission = await engine.lines.admit("sale", one!);
  expect(await buy(engine, "none")).toBe("ADMISSION_REQUIRED");
  expect(await buy(engine, "strange", { ...admission, line: "x".repeat(16) })).toBe("ADMISSION_INVALID");
  const answers = await Promise.all(
    [engine, another(), another()].map((process, n) => buy(process, "ada", admission, `order-${n}`)),
  );
  expect(answers.sort()).toEqual(["ADMISSION_USED", "ADMISSION_USED", "ok"]);
  await expect(engine.lines.admit("sale", one!)).rejects.toMatchObject({ code: "ADMISSION_USED" });

  const late = await engine.lines.admit("sale", two!);
  clock.advance(4_999);
  expect(await buy(engine, "bob", late, "o")).toBe("ok");
  expect(await buy(engine, "bob", late, "o")).toBe("again");
  const slow = await engine.lines.admit("sale", three!);
  clock.advance(5_000);
  // A repeat is answered as the first was, though its admission is over.
  expect(await buy(engine, "bob", late, "o")).toBe("again");
  expect(await buy(engine, "cyd", slow)).toBe("ADMISSION_EXPIRED");
  await expect(engine.lines.admit("sale", three!)).rejects.toMatchObject({ code: "ADMISSION_EXPIRED" });
  expect(await buy(engine, "operator", "waived")).toBe("ok");
});

test("a message that the gate refuses leaves the admission as it was", async () => {
  const { engine, clock } = await setUp({ maxLag: 3 });
  await engine.topics.put("sale", { gate: { id: "g", perKey: { limit: 1 } } });
  const visitors = await joinMany(engine, 2);
  clock.advance(minute);
  await engine.lines.standing("sale");
  const [one, two] = await inOrder(engine, visitors);
  expect(await buy(engine, "ada", await engine.lines.admit("sale", one!))).toBe("ok");
  const admission = await engine.lines.admit("sale", two!);
  expect(await buy(engine, "ada", admission)).toBe("KEY_LIMIT");
  expect(await buy(engine, "bob", admission)).toBe("ok");
});

test("no more are called than there are units, and the line ends with the stock", async () => {
  const { engine, clock } = await setUp({ maxLag: 100 }, 3);
  const visitors = await joinMany(engine, 10);
  clock.advance(minute);
  expect(await engine.lines.standing("sale")).toMatchObject({ view: { serving: 3, state: "running" } });
  const queue = await inOrder(engine, visitors);
  for (const [n, visitor] of queue.slice(0, 2).entries())
    expect(await buy(engine, `b${n}`, await engine.lines.admit("sale", visitor))).toBe("ok");
  // The third lets his time pass: the unit is for the next.
  clock.advance(2 * heartbeatMs);
  for (const visitor of queue.slice(3)) await engine.lines.heartbeat("sale", visitor);
  expect(await engine.lines.advance("sale")).toMatchObject({ view: { serving: 4 }, called: 1 });
  expect(await buy(engine, "last", await engine.lines.admit("sale", queue[3]!))).toBe("ok");
  expect((await engine.lines.advance("sale")).view).toMatchObject({ state: "ended", serving: 4 });
  await expect(engine.lines.admit("sale", queue[4]!)).rejects.toMatchObject({ code: "SOLD_OUT" });
  await expect(engine.lines.join("sale")).rejects.toMatchObject({ code: "SOLD_OUT" });
  // More units: the line goes on.
  await engine.topics.put("sale", { gate: { id: "g", stock: 5 } });
  expect((await engine.lines.advance("sale")).view).toMatchObject({ state: "running", serving: 6 });
});

test("who is not heard near the head is passed over; who comes back is called before the others", async () => {
  const { engine, clock, namespace } = await setUp({ maxLag: 2, headWindow: 100 });
  const visitors = await joinMany(engine, 20);
  clock.advance(minute);
  const { view } = await engine.lines.standing("sale");
  expect(view).toMatchObject({ serving: 2, head: 102 });
  const queue = await inOrder(engine, visitors);
  const beat = (place: number) => engine.lines.heartbeat("sale", queue[place]!);
  // Only 10 to 19 go on telling that they are there; 0 and 1, who were called, have gone too.
  for (let step = 0; step < 5; step += 1) {
    clock.advance(heartbeatMs);
    for (let place = 10; place < 20; place += 1) {
      const answer = await beat(place);
      expect(answer).toMatchObject({ place, near: place >= answer.serving });
    }
    await engine.lines.advance("sale");
  }
  const passed = await engine.lines.advance("sale");
  expect(passed.view.serving).toBeGreaterThanOrEqual(12);
  expect(passed.called).toBe(2);
  // Of those who were passed nothing is kept.
  expect(await redis.hlen(`{${namespace}:sale:0}:line:seen`)).toBe(20 - passed.view.serving);
  await expect(engine.lines.admit("sale", queue[7]!)).rejects.toMatchObject({ code: "NOT_YOUR_TURN" });
  expect((await engine.lines.standing("sale")).returned).toBe(1);
  // One of those who were called buys, and his order is worked on.
  const next = queue[passed.view.serving - 1]!;
  expect(await buy(engine, "next", await engine.lines.admit("sale", next))).toBe("ok");
  await work(engine);
  const admission = await engine.lines.admit("sale", queue[7]!);
  expect(admission.place).toBe(7);
  expect((await engine.lines.advance("sale")).view.serving).toBe(passed.view.serving);
  expect(await buy(engine, "back", admission)).toBe("ok");
});

test("who joins a line that waits for nobody is called at once", async () => {
  const { engine, clock } = await setUp({ maxLag: 5 });
  clock.advance(10 * minute);
  for (let round = 0; round < 4; round += 1) {
    await engine.lines.advance("sale");
    clock.advance(3 * heartbeatMs);
  }
  const visitor = await engine.lines.join("sale");
  expect(await buy(engine, "ada", await engine.lines.admit("sale", visitor))).toBe("ok");
});

test("heartbeats of places that are far away are not kept", async () => {
  const { engine, clock, namespace } = await setUp({ maxLag: 1, headWindow: 2 });
  const visitors = await joinMany(engine, 10);
  clock.advance(minute);
  await engine.lines.standing("sale");
  const queue = await inOrder(engine, visitors);
  const near = await Promise.all(queue.map((visitor) => engine.lines.heartbeat("sale", visitor)));
  expect(near.map((answer) => answer.near)).toEqual([false, true, true, ...new Array(7).fill(false)]);
  expect(await redis.hlen(`{${namespace}:sale:0}:line:seen`)).toBe(2);
});

test("visitors of another line change nothing", async () => {
  const { engine, clock, another } = await setUp({ maxLag: 2 });
  const visitor = await engine.lines.join("sale");
  await engine.lines.put("sale", { id: "second", startsAt: clock.now() + minute, ordersGroup: "orders" });
  clock.advance(minute);
  const strange = { code: "INVALID", details: { field: "visitor" } };
  await expect(engine.lines.admit("sale", visitor)).rejects.toMatchObject(strange);
  await expect(engine.lines.heartbeat("sale", visitor)).rejects.toMatchObject(strange);

  const own = await engine.lines.join("sale");
  await engine.lines.advance("sale");
  // A process that knows the order of the line that was replaced is not taken in by it.
  const third = { id: "third", startsAt: clock.now(), ordersGroup: "orders" };
  await another().lines.put("sale", third);
  await expect(engine.lines.admit("sale", own)).rejects.toMatchObject(strange);
  await expect(engine.lines.heartbeat("sale", own)).rejects.toMatchObject(strange);
});

test("a clock that goes back does not take a line with it", async () => {
  const { engine, clock, namespace } = await setUp({ maxLag: 2 });
  const own = await engine.lines.join("sale");
  clock.advance(minute);
  await engine.lines.advance("sale");
  // A replica takes over whose clock is an hour behind.
  const behind = new Engine({ redis, namespace, subscribe: false, now: () => clock.now() - 60 * minute });
  const { view } = await behind.lines.advance("sale");
  expect(view).toMatchObject({ state: "running", serving: 1, at: clock.now() });
  expect((await behind.lines.join("sale")).number).toBe(1);
  expect(await behind.lines.admit("sale", own)).toMatchObject({ expiresAt: clock.now() + 120_000 });
});

test("a topic that is deleted takes its line along, and made anew has none", async () => {
  const { engine, another, namespace } = await setUp();
  const other = another();
  await joinMany(other, 2);
  await engine.topics.delete("sale");
  expect(await redis.keys(`{${namespace}:sale*`)).toEqual([]);
  await expect(other.lines.join("sale")).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
  await engine.topics.put("sale", { partitions: 1, gate: { id: "g" } });
  await expect(other.lines.join("sale")).rejects.toMatchObject({ code: "LINE_NOT_FOUND" });
  expect(await buy(other, "ada")).toBe("ok");
});

test("a gate that another process changed is seen at once", async () => {
  const { engine, clock, another } = await setUp({ maxLag: 10 }, 1);
  const visitors = await joinMany(engine, 5);
  clock.advance(minute);
  expect((await engine.lines.standing("sale")).view.serving).toBe(1);
  await another().topics.put("sale", { gate: { id: "other", stock: 4 } });
  clock.advance(100);
  expect((await engine.lines.standing("sale")).view.serving).toBe(4);
  expect(visitors).toHaveLength(5);
});

test("a retry that holds back what was committed does not hold the line", async () => {
  const { engine, clock } = await setUp({ maxLag: 3 });
  const visitors = await joinMany(engine, 9);
  clock.advance(minute);
  await engine.lines.standing("sale");
  const queue = await inOrder(engine, visitors);
  for (const [n, visitor] of queue.slice(0, 3).entries())
    await buy(engine, `b${n}`, await engine.lines.admit("sale", visitor));
  const { leases } = await engine.groups.receive("sale", "orders", { maxMessages: 3 });
  await engine.groups.settle("sale", "orders", leases[0]!.id, {
    ack: [1, 2],
    retry: [{ offset: 0, delayMs: minute }],
  });
  expect(await engine.lines.advance("sale")).toMatchObject({ lag: 1, view: { serving: 5 } });
});

test("orders that a group has in its lanes count until they have ended", async () => {
  const { engine, clock } = await setUp({ maxLag: 3 });
  await engine.groups.put("sale", "keyed", { ordering: "key" });
  await engine.lines.put("sale", { id: "l", ordersGroup: "keyed" });
  const visitors = await joinMany(engine, 9);
  clock.advance(minute);
  await engine.lines.standing("sale");
  const queue = await inOrder(engine, visitors);
  for (const [n, visitor] of queue.slice(0, 3).entries())
    await buy(engine, `b${n}`, await engine.lines.admit("sale", visitor));
  expect(await engine.lines.advance("sale")).toMatchObject({ lag: 3, view: { serving: 3 } });
  // All three are in the lanes now, one is in hand.
  const { leases } = await engine.groups.receive("sale", "keyed", { maxMessages: 1 });
  expect(await engine.lines.advance("sale")).toMatchObject({ lag: 3, view: { serving: 3 } });
  await engine.groups.settle("sale", "keyed", leases[0]!.id, { ack: "all" });
  const rest = await engine.groups.receive("sale", "keyed", { maxMessages: 10 });
  for (const lease of rest.leases) await engine.groups.settle("sale", "keyed", lease.id, { ack: "all" });
  expect(await engine.lines.advance("sale")).toMatchObject({ lag: 0, view: { serving: 6 } });
});
