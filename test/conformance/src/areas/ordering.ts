import { expect } from "vitest";
import { acknowledge, consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { messagesOf, numbered, values } from "../text.ts";

const none = { acked: 0, retried: 0, released: 0, deadLettered: 0 };
const ordered = { ordering: "partition", backoff: { initialMs: 1 } } as const;

/** Groups with `ordering: "partition"`: one holder, strictly in order. */
export const ordering: Area = ({ story }) => {
  story("a partition has one holder at a time", { partitions: 2 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", ordered);
    for (const partition of [0, 1]) await system.publish(topic, messagesOf(numbered(4), partition));
    const other = await system.connect();
    const mine = await receiveLeases(system, topic, "g", 4, { maxMessages: 2 });
    expect(mine.map(({ partition }) => partition).sort()).toEqual([0, 1]);
    expect(await peek(other, topic, "g")).toEqual([]);
    await system.settle(topic, "g", mine[0]!.id, { ack: "all" });
    const next = await receiveOne(other, topic, "g");
    expect(next.partition).toBe(mine[0]!.partition);
    expect(values(next.messages)).toEqual(["m2", "m3"]);
  });

  story("many consumers keep the order of each partition", { partitions: 3 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", ordered);
    for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(numbered(40), partition));
    const workers = await Promise.all(Array.from({ length: 4 }, () => system.connect()));
    const got: number[][] = [[], [], []];
    const total = () => got.flat().length;
    const work = async (worker: typeof system) => {
      while (total() < 120) {
        const { leases } = await worker.receive(topic, "g", { maxMessages: 7, waitMs: 200 });
        for (const { partition, offset } of heldBy(leases)) got[partition]!.push(offset);
        await acknowledge(worker, topic, "g", leases);
      }
    };
    await Promise.all(workers.map(work));
    for (const offsets of got) expect(offsets).toEqual(numbered(40).map((_, offset) => offset));
  });

  story(
    "settling is cumulative: what lies behind the first failure does not count",
    {},
    async ({ system, topic }) => {
      await system.putGroup(topic, "g", ordered);
      await system.publish(topic, messagesOf(numbered(6)));
      const lease = await receiveOne(system, topic, "g");
      const outcome = { ack: [0, 1, 3, 4], retry: [{ offset: 2, delayMs: 1 }] };
      expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({
        ...none,
        acked: 2,
        retried: 1,
        released: 3,
      });
      expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([{ committed: 2, acked: 2 }]);
      // Only the message that failed spent an attempt.
      const again = await consume(system, topic, "g", 4);
      expect(again.map(({ offset, attempt }) => [offset, attempt])).toEqual([
        [2, 2],
        [3, 1],
        [4, 1],
        [5, 1],
      ]);
    },
  );

  story(
    "a failure blocks its partition until its retry, and no other",
    { partitions: 2 },
    async ({ system, topic }) => {
      await system.putGroup(topic, "g", ordered);
      for (const partition of [0, 1]) await system.publish(topic, messagesOf(numbered(2), partition));
      const leases = await receiveLeases(system, topic, "g", 2, { maxMessages: 1 });
      const [blocked, other] = leases;
      const retryAt = Date.now() + 1500;
      await system.settle(topic, "g", blocked!.id, { retry: [{ offset: 0, delayMs: 1500 }] });
      await system.settle(topic, "g", other!.id, { ack: "all" });
      const free = await receiveOne(system, topic, "g");
      expect([free.partition, values(free.messages)]).toEqual([other!.partition, ["m1"]]);
      const next = await receiveOne(system, topic, "g", { maxMessages: 1 });
      expect(Date.now()).toBeGreaterThanOrEqual(retryAt);
      expect([next.partition, values(next.messages)]).toEqual([blocked!.partition, ["m0"]]);
    },
  );

  story("a lease that expires comes back in order", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", ordered);
    await system.publish(topic, messagesOf(numbered(10)));
    const dead = await receiveOne(system, topic, "g", { leaseMs: 100, maxMessages: 6 });
    const got = await consume(system, topic, "g", 10);
    expect(got.map(({ offset }) => offset)).toEqual(numbered(10).map((_, offset) => offset));
    expect(got.map(({ attempt }) => attempt)).toEqual([2, 2, 2, 2, 2, 2, 1, 1, 1, 1]);
    await expectRefusal(system.settle(topic, "g", dead.id, { ack: "all" }), { code: "LEASE_LOST" });
  });

  story("a release gives back the rest of the lease in place", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", ordered);
    await system.publish(topic, messagesOf(numbered(5)));
    const lease = await receiveOne(system, topic, "g");
    expect(await system.settle(topic, "g", lease.id, { ack: [0, 1], release: [2, 3, 4] })).toEqual({
      ...none,
      acked: 2,
      released: 3,
    });
    const again = await receiveOne(system, topic, "g");
    expect(again.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
  });

  story("extending acknowledges an unbroken front alone", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", ordered);
    await system.publish(topic, messagesOf(numbered(5)));
    const lease = await receiveOne(system, topic, "g");
    await system.extend(topic, "g", lease.id, { ack: [0, 1, 3] });
    expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([
      { acked: 2, committed: 2, inFlight: 3 },
    ]);
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 3 });
  });

  story("a dead letter lets the next message pass", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ...ordered, maxDeliveries: 2 });
    await system.publish(topic, messagesOf(numbered(4)));
    const first = await receiveOne(system, topic, "g", { maxMessages: 2 });
    await system.settle(topic, "g", first.id, { deadLetter: [{ offset: 0, reason: "no" }], ack: [1] });
    const second = await receiveOne(system, topic, "g", { maxMessages: 1 });
    await system.settle(topic, "g", second.id, { retry: [{ offset: 2, delayMs: 0 }] });
    const third = await receiveOne(system, topic, "g", { maxMessages: 1 });
    expect(third.messages).toMatchObject([{ offset: 2, attempt: 2 }]);
    // Its last attempt.
    expect(await system.settle(topic, "g", third.id, {})).toEqual({ ...none, deadLettered: 1 });
    expect(values(await consume(system, topic, "g", 1))).toEqual(["m3"]);
    const dead = (await system.deadLetters(topic, "g")).messages;
    expect(dead.map(({ originOffset, attempts }) => [originOffset, attempts])).toEqual([
      [0, 1],
      [2, 2],
    ]);
  });
};
