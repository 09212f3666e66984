import { eventually, manualClock, startCluster, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { Engine, type EngineOptions, type TicketPlace, type TopicSettings } from "../src/index.ts";
import { counting } from "./counting-connection.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

async function shop(settings: TopicSettings = {}, options: Partial<EngineOptions> = {}) {
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, ...options });
  onTestFinished(() => engine.stop());
  const { topic } = await engine.topics.put("t", { partitions: 1, ...settings });
  const place = (offset: number, partition = 0): TicketPlace => ({
    ...{ topicId: topic.topicId, partition, offset, delayedId: null },
  });
  return {
    engine,
    namespace,
    topic,
    place,
    append: (count: number, more = {}) =>
      engine.append(
        "t",
        Array.from({ length: count }, () => ({ value: Buffer.from("x"), ...more })),
      ),
    async take(group: string, maxMessages: number) {
      const { leases } = await engine.groups.receive("t", group, { maxMessages });
      return leases[0]!.id;
    },
  };
}

test("a ticket tells the line, the work, and how it ended", async () => {
  const clock = manualClock();
  const { engine, place, append, take } = await shop({}, { now: clock.now, subscribe: false });
  await engine.groups.put("t", "g");
  await append(30);
  expect(await engine.tickets.look(place(4))).toMatchObject({ state: "waiting", position: 4, etaMs: null });
  const lease = await take("g", 10);
  clock.advance(2000);
  await engine.groups.settle("t", "g", lease, {
    ack: [0, 1, 2, 3, 4, 5, 6, 7],
    deadLetter: [{ offset: 8, reason: "no such customer" }],
    retry: [{ offset: 9, delayMs: 60_000 }],
  });
  const states = await Promise.all([0, 8, 9, 10, 29].map((offset) => engine.tickets.look(place(offset))));
  expect(states).toMatchObject([
    { state: "done", resultText: null, position: null, etaMs: null },
    { state: "failed", error: "no such customer", position: null },
    { state: "processing", position: null },
    { state: "waiting", position: 1 },
    { state: "waiting", position: 20 },
  ]);
  // 8 acknowledged and 1 buried in 2 s; 20 before it.
  expect(states[4]!.etaMs).toBeGreaterThan(4000);
  expect(states[4]!.etaMs).toBeLessThan(6000);
  await engine.groups.redrive("t", "g", { all: true });
  expect(await engine.tickets.look(place(8))).toMatchObject({ state: "processing", error: null });
});

test("before there is a group everything waits; one that comes is noticed", async () => {
  const { engine, place, append, take } = await shop();
  await append(2);
  expect(await engine.tickets.look(place(1))).toMatchObject({ state: "waiting", position: 1, etaMs: null });
  await engine.groups.put("t", "g");
  await engine.groups.settle("t", "g", await take("g", 2), { ack: "all" });
  await eventually("done", async () => (await engine.tickets.look(place(1))).state === "done");
});

test("a result is told as soon as it is there, acknowledged or not", async () => {
  const { engine, place, append, take } = await shop();
  await engine.groups.put("t", "g");
  await append(2);
  await take("g", 2);
  await engine.results.put("t", "g", [
    { partition: 0, offset: 0, value: { total: 3 } },
    { partition: 0, offset: 1, error: "refused" },
  ]);
  expect(await engine.tickets.look(place(0))).toMatchObject({ state: "done", resultText: '{"total":3}' });
  expect(await engine.tickets.look(place(1))).toMatchObject({ state: "failed", error: "refused" });
});

test("tickets speak of the group that the topic names, else of the oldest", async () => {
  const clock = manualClock();
  const { engine, namespace, place, append, take } = await shop({}, { now: clock.now, subscribe: false });
  await append(1);
  await engine.groups.put("t", "zz-first");
  clock.advance(10);
  await engine.groups.put("t", "aa-second");
  await engine.groups.settle("t", "zz-first", await take("zz-first", 1), { ack: "all" });
  expect((await engine.tickets.look(place(0))).state).toBe("done");
  // Another process, which knows nothing yet.
  await engine.topics.put("t", { ticketGroup: "aa-second" });
  const fresh = () => new Engine({ redis, namespace, subscribe: false });
  expect((await fresh().tickets.look(place(0))).state).toBe("waiting");
  await engine.topics.put("t", { ticketGroup: "not-there" });
  expect(await fresh().tickets.look(place(0))).toMatchObject({ state: "waiting", etaMs: null });
  await engine.topics.put("t", { ticketGroup: null });
  expect((await fresh().tickets.look(place(0))).state).toBe("done");
  await expect(engine.topics.put("t", { ticketGroup: "a.b" })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "ticketGroup" },
  });
});

test("a group that goes, and comes again, is noticed at once", async () => {
  const { engine, place, append, take } = await shop();
  await engine.groups.put("t", "g");
  await append(1);
  await engine.groups.settle("t", "g", await take("g", 1), { ack: "all" });
  expect((await engine.tickets.look(place(0))).state).toBe("done");
  await engine.groups.delete("t", "g");
  expect((await engine.tickets.look(place(0))).state).toBe("waiting");
});

test("a ticket of a topic that was deleted, or made anew, is of no topic", async () => {
  const { engine, namespace, place, append, topic } = await shop();
  await engine.groups.put("t", "g");
  await append(1);
  const other = new Engine({ redis, namespace, subscribe: false });
  for (const each of [engine, other]) expect((await each.tickets.look(place(0))).state).toBe("waiting");
  await engine.topics.delete("t");
  const gone = { code: "TOPIC_NOT_FOUND" };
  for (const each of [engine, other]) await expect(each.tickets.look(place(0))).rejects.toMatchObject(gone);
  const again = (await engine.topics.put("t", { partitions: 1 })).topic;
  await append(1);
  expect(again.topicId).not.toBe(topic.topicId);
  for (const each of [engine, other]) {
    await expect(each.tickets.look(place(0))).rejects.toMatchObject(gone);
    expect((await each.tickets.look({ ...place(0), topicId: again.topicId })).state).toBe("waiting");
  }
  await expect(engine.tickets.look({ ...place(0), topicId: "tNever" })).rejects.toMatchObject(gone);
});

test("a delayed message's ticket goes with it into the log, and beyond", async () => {
  const clock = manualClock();
  const { engine, append, place, take } = await shop({}, { now: clock.now, subscribe: false });
  await engine.groups.put("t", "g");
  const { outcomes } = await append(2, { delayMs: 5000 });
  const tickets = outcomes.map((outcome) => ({
    ...place(0),
    ...{ offset: null, delayedId: outcome.status === "delayed" ? outcome.delayedId : -1 },
  }));
  const look = () => engine.tickets.look(tickets[1]!);
  expect(await look()).toMatchObject({
    ...{ state: "waiting", position: null, etaMs: 5000, dueAt: clock.now() + 5000, offset: null },
  });
  clock.advance(2000);
  expect(await look()).toMatchObject({ etaMs: 3000 });
  clock.advance(4000);
  // Due, and not moved yet.
  expect(await look()).toMatchObject({ state: "waiting", etaMs: 0 });
  await append(1);
  expect(await look()).toMatchObject({ state: "waiting", position: 1, offset: 1, dueAt: null });
  const { leases } = await engine.groups.receive("t", "g");
  await engine.groups.settle("t", "g", leases[0]!.id, {
    ack: [0, 2],
    deadLetter: [{ offset: 1, reason: "late" }],
  });
  expect(await look()).toMatchObject({ state: "failed", error: "late" });
  // Others were promoted in the hours after: where it went is forgotten, that it has ended is not.
  for (let hour = 0; hour < 3; hour += 1) {
    await append(1, { delayMs: 1 });
    clock.advance(3_700_000);
    await engine.housekeep();
    await engine.groups.settle("t", "g", await take("g", 1), { ack: "all" });
  }
  expect(await look()).toMatchObject({ state: "done", offset: null });
});

test("a look is as many commands before a million messages as before one", async () => {
  const counted = counting(redis);
  const { engine, append, place, take } = await shop({}, { redis: counted, subscribe: false });
  await engine.groups.put("t", "g");
  await append(1);
  await engine.tickets.look(place(0));
  const cost = async (offset: number) => {
    counted.sent.length = 0;
    await engine.tickets.look(place(offset));
    return [...counted.sent];
  };
  const before = await cost(0);
  expect(before).toEqual(["EVALSHA", "EVALSHA"]);
  for (let sent = 0; sent < 1_000_000; sent += 50_000) await append(50_000);
  // Holders that overlap, as a day of failures leaves them.
  for (let round = 0; round < 20; round += 1) {
    const lease = await take("g", 100);
    const retry = [0, 1, 2, 3].map((n) => ({ offset: round * 100 + n * 25, delayMs: 60_000 + n }));
    await engine.groups.settle("t", "g", lease, { ack: "all", retry });
  }
  expect(await cost(999_999)).toEqual(before);
  expect(await cost(1_050)).toEqual(before);
  expect(await engine.tickets.look(place(999_999))).toMatchObject({ state: "waiting", position: 999_999 });
  // What is asked in one turn shares its commands.
  counted.sent.length = 0;
  const many = await Promise.all(Array.from({ length: 300 }, (_, n) => engine.tickets.look(place(n * 1000))));
  expect(counted.sent).toEqual(before);
  expect(many.map(({ state }) => state).filter((state) => state === "waiting")).toHaveLength(298);
});

test("a wait ends at the change that it is for", async () => {
  const { engine, append, place, take } = await shop();
  await engine.groups.put("t", "g");
  await append(2);
  const change = engine.tickets.wait(place(0), { timeoutMs: 20_000, until: "change" });
  const final = engine.tickets.wait(place(0), { timeoutMs: 20_000, until: "final" });
  // Asked in the same turn, so the others have looked as well.
  expect((await engine.tickets.look(place(0))).state).toBe("waiting");
  const lease = await take("g", 1);
  expect((await change).state).toBe("processing");
  await engine.results.put("t", "g", [{ partition: 0, offset: 0, value: "yes" }]);
  expect(await final).toMatchObject({ state: "done", resultText: '"yes"' });
  await engine.groups.settle("t", "g", lease, { ack: "all" });
  expect((await engine.tickets.wait(place(1), { timeoutMs: 10, until: "final" })).state).toBe("waiting");
  const signal = AbortSignal.abort();
  expect((await engine.tickets.wait(place(1), { timeoutMs: 20_000, until: "final", signal })).state).toBe(
    "waiting",
  );
  const stopped = engine.tickets.wait(place(1), { timeoutMs: 20_000, until: "final" });
  await engine.tickets.look(place(1));
  await engine.stop();
  expect((await stopped).state).toBe("waiting");
});

test("all viewers of a partition share one look", async () => {
  const counted = counting(redis);
  const { engine, append, place } = await shop({}, { redis: counted });
  await engine.groups.put("t", "g");
  await append(1000);
  const ends = new AbortController();
  const firsts = Promise.withResolvers<void>();
  let watching = 0;
  const viewers = Array.from({ length: 200 }, async (_, n) => {
    for await (const { state } of engine.tickets.watch(place(n * 5), ends.signal)) {
      expect(state).toBe("waiting");
      watching += 1;
      if (watching === 600) firsts.resolve();
    }
  });
  await engine.tickets.look(place(0));
  counted.sent.length = 0;
  await firsts.promise;
  // Two looks each: their first ones together, and those of the watch.
  expect(counted.sent.length).toBeLessThan(20);
  ends.abort();
  await Promise.all(viewers);
});

test("watchers learn that their topic is gone", async () => {
  const { engine, append, place } = await shop();
  await engine.groups.put("t", "g");
  await append(1);
  const waiting = engine.tickets.wait(place(0), { timeoutMs: 30_000, until: "final" });
  await engine.topics.delete("t");
  await expect(waiting).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
});

test("on a cluster, the partitions of a spread topic answer each for itself", async () => {
  const cluster = await startCluster();
  onTestFinished(() => cluster.stop());
  const { engine, place, take } = await shop({ partitions: 6 }, { redis: cluster.client() });
  await engine.groups.put("t", "g");
  const messages = Array.from({ length: 12 }, (_, n) => ({ value: Buffer.from("x"), partition: n % 6 }));
  const { backlog } = await engine.append("t", messages);
  expect(backlog.messages).toBe(12);
  const look = (partition: number) => engine.tickets.look(place(1, partition));
  for (let partition = 0; partition < 6; partition += 1)
    expect(await look(partition)).toMatchObject({ state: "waiting", position: 1 });
  for (let lease = 0; lease < 6; lease += 1) {
    const id = await take("g", 2);
    const partition = Number(id.split(".")[0]);
    const waiting = engine.tickets.wait(place(1, partition), { timeoutMs: 20_000, until: "final" });
    await engine.results.put("t", "g", [{ partition, offset: 1, value: partition }]);
    expect((await waiting).resultText).toBe(String(partition));
    await engine.groups.settle("t", "g", id, { ack: "all" });
    expect((await engine.tickets.look(place(0, partition))).state).toBe("done");
  }
});
