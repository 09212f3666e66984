import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { messagesOf, numbered } from "../text.ts";

const none = { acked: 0, retried: 0, released: 0, deadLettered: 0 };
const lost = { code: "LEASE_LOST" } as const;

/** Leases: handed out until a deadline, and ended once. */
export const leases: Area = ({ story }) => {
  story("a lease says what it holds and until when", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(3)));
    const before = Date.now();
    const lease = await receiveOne(system, topic, "g", { leaseMs: 60_000 });
    expect(lease.partition).toBe(0);
    expect(lease.deadline).toBeGreaterThanOrEqual(before + 60_000);
    expect(lease.deadline).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(lease.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect(await peek(system, topic, "g")).toEqual([]);
  });

  story("all are acknowledged", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(5)));
    const lease = await receiveOne(system, topic, "g");
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 5 });
    expect(await peek(system, topic, "g")).toEqual([]);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  });

  story(
    "each message has its own outcome, and what is not named is retried",
    {},
    async ({ system, topic }) => {
      await system.publish(topic, messagesOf(numbered(8)));
      await system.putGroup(topic, "g", { backoff: { initialMs: 1 } });
      const lease = await receiveOne(system, topic, "g");
      const outcome = {
        ack: [0, 1, 5],
        retry: [{ offset: 3, delayMs: 60_000 }],
        release: [4],
        deadLetter: [{ offset: 6, reason: "broken" }],
      };
      expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({
        acked: 3,
        retried: 3,
        released: 1,
        deadLettered: 1,
      });
      const again = heldBy(await receiveLeases(system, topic, "g", 3));
      const attempts = Object.fromEntries(again.map(({ offset, attempt }) => [offset, attempt]));
      expect(attempts).toEqual({ 2: 2, 4: 1, 7: 2 });
      expect(await system.describeGroup(topic, "g")).toMatchObject({
        retrying: 1,
        deadLettered: 1,
        inFlight: 3,
        lag: 4,
      });
    },
  );

  story("with ack all the others may still be named", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(4)));
    const lease = await receiveOne(system, topic, "g");
    const outcome = { ack: "all", retry: [{ offset: 1, delayMs: 0 }], release: [3] } as const;
    expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({
      ...none,
      acked: 2,
      retried: 1,
      released: 1,
    });
    const again = heldBy(await receiveLeases(system, topic, "g", 2));
    expect(again.map(({ offset, attempt }) => [offset, attempt]).sort()).toEqual([
      [1, 2],
      [3, 1],
    ]);
  });

  story("an empty outcome retries everything, an empty list names nothing", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(3)));
    await system.putGroup(topic, "g", { backoff: { initialMs: 1, factor: 1 } });
    for (const [round, outcome] of [{}, { ack: [] }, { retry: [], release: [], deadLetter: [] }].entries()) {
      const lease = await receiveOne(system, topic, "g");
      expect(lease.messages.map(({ attempt }) => attempt)).toEqual([round + 1, round + 1, round + 1]);
      expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({ ...none, retried: 3 });
    }
  });

  story(
    "an identical repeat has the first answer, another one lost the lease",
    {},
    async ({ system, topic }) => {
      const other = await system.connect();
      await system.publish(topic, messagesOf(numbered(4)));
      const lease = await receiveOne(system, topic, "g");
      const outcome = {
        ack: [0, 1],
        retry: [{ offset: 2, delayMs: 60_000 }],
        deadLetter: [{ offset: 3, reason: "no" }],
      };
      const first = await system.settle(topic, "g", lease.id, outcome);
      expect(first).toEqual({ acked: 2, retried: 1, released: 0, deadLettered: 1 });
      for (const connection of [system, other]) {
        expect(await connection.settle(topic, "g", lease.id, outcome)).toEqual(first);
        await expectRefusal(connection.settle(topic, "g", lease.id, { ack: "all" }), lost);
        await expectRefusal(connection.settle(topic, "g", lease.id, { ...outcome, ack: [0] }), lost);
        await expectRefusal(connection.extend(topic, "g", lease.id, {}), lost);
      }
      expect(await system.describeGroup(topic, "g")).toMatchObject({ deadLettered: 1, retrying: 1, lag: 1 });
      expect((await system.deadLetters(topic, "g")).messages).toHaveLength(1);
    },
  );

  story("many settles at once end a lease once", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(10)));
    const lease = await receiveOne(system, topic, "g");
    const connections = await Promise.all(Array.from({ length: 6 }, () => system.connect()));
    const answers = await Promise.allSettled(
      connections.map((connection, index) =>
        connection.settle(
          topic,
          "g",
          lease.id,
          index % 2 === 0 ? { ack: "all" } : { release: numbered(10).map((_, offset) => offset) },
        ),
      ),
    );
    const done = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? [JSON.stringify(answer.value)] : [],
    );
    expect(done).toHaveLength(3);
    expect(new Set(done).size).toBe(1);
  });

  story(
    "after the deadline the messages are handed out again, and the lease is lost",
    {},
    async ({ system, topic }) => {
      const slow = await system.connect();
      await system.publish(topic, messagesOf(numbered(4)));
      // No more than there are: one that goes on looking may, on a slow machine, meet what it had and what has expired since.
      const bounded = { leaseMs: 150, maxMessages: 4, consumer: "slow" };
      const lease = await receiveOne(slow, topic, "g", bounded);
      const again = heldBy(await receiveLeases(system, topic, "g", 4, { leaseMs: 60_000 }));
      expect(Date.now()).toBeGreaterThanOrEqual(lease.deadline);
      expect(again.map(({ offset, attempt }) => [offset, attempt]).sort()).toEqual(
        numbered(4).map((_, offset) => [offset, 2]),
      );
      await expectRefusal(slow.settle(topic, "g", lease.id, { ack: "all" }), lost);
      await expectRefusal(slow.extend(topic, "g", lease.id, { leaseMs: 60_000 }), lost);
      expect(await system.describeGroup(topic, "g")).toMatchObject({ inFlight: 4, lag: 4 });
    },
  );

  story("a deadline counts even when nobody has taken the messages over", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"]));
    const lease = await receiveOne(system, topic, "g", { leaseMs: 100, maxMessages: 1 });
    await eventually("the deadline has passed", () => Date.now() > lease.deadline);
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: "all" }), lost);
    await expectRefusal(system.extend(topic, "g", lease.id, {}), lost);
    expect(await consume(system, topic, "g", 1)).toMatchObject([{ attempt: 2 }]);
  });

  story("offsets outside a lease are refused and change nothing", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(9)));
    await receiveOne(system, topic, "g", { maxMessages: 3 });
    const lease = await receiveOne(system, topic, "g", { maxMessages: 3 });
    const outside = { code: "INVALID" } as const;
    for (const offset of [0, 2, 6, 8, 9, 1e15]) {
      await expectRefusal(system.settle(topic, "g", lease.id, { ack: [3, offset] }), outside);
      await expectRefusal(system.settle(topic, "g", lease.id, { ack: "all", retry: [{ offset }] }), outside);
      await expectRefusal(system.extend(topic, "g", lease.id, { ack: [offset] }), outside);
    }
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: [3], release: [3] }), outside);
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: [4, 4] }), outside);
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: [-1] }), outside);
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: [1.5] }), outside);
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 3 });
  });

  story("a lease that never was, or is another's, is lost", { partitions: 2 }, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"], 0));
    const lease = await receiveOne(system, topic, "g");
    await system.receive(topic, "other");
    for (const id of [
      "nonsense",
      "0.0000000000",
      "1.0000000000",
      "7.0000000000",
      "9999.00000000",
      `${lease.id}x`,
      "0.{}:a",
      lease.id.toUpperCase().replace("0.", "1."),
    ]) {
      await expectRefusal(system.settle(topic, "g", id, { ack: "all" }), lost);
      await expectRefusal(system.extend(topic, "g", id, {}), lost);
    }
    await expectRefusal(system.settle(topic, "other", lease.id, { ack: "all" }), lost);
    await expectRefusal(system.settle(topic, "nobody", lease.id, { ack: "all" }), {
      code: "GROUP_NOT_FOUND",
    });
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 1 });
  });

  story("extending moves the deadline and acknowledges what is done", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(5)));
    const lease = await receiveOne(system, topic, "g", { leaseMs: 5_000 });
    const { deadline } = await system.extend(topic, "g", lease.id, { leaseMs: 60_000, ack: [0, 3] });
    expect(deadline).toBeGreaterThan(lease.deadline);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ inFlight: 3, lag: 3 });
    // Repeating it acknowledges nothing twice.
    await system.extend(topic, "g", lease.id, { leaseMs: 60_000, ack: [0, 3] });
    expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([{ acked: 2, committed: 1 }]);
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 3 });
    expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([{ acked: 5, committed: 5 }]);
  });

  story("a lease that is extended in time outlives its first deadline", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"]));
    const lease = await receiveOne(system, topic, "g", { leaseMs: 2_000 });
    await system.extend(topic, "g", lease.id, { leaseMs: 60_000 });
    await eventually("the first deadline has passed", () => Date.now() > lease.deadline);
    expect(await peek(system, topic, "g")).toEqual([]);
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toEqual({ ...none, acked: 1 });
  });

  story("a release spends no attempt, a retry spends one", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"]));
    const attempts: number[] = [];
    for (const way of ["release", "release", "retry", "release", "retry"] as const) {
      const { id, messages } = await receiveOne(system, topic, "g");
      attempts.push(messages[0]!.attempt);
      await system.settle(
        topic,
        "g",
        id,
        way === "release" ? { release: [0] } : { retry: [{ offset: 0, delayMs: 0 }] },
      );
    }
    expect(attempts).toEqual([1, 1, 1, 2, 2]);
    expect((await receiveOne(system, topic, "g")).messages[0]!.attempt).toBe(3);
  });

  story("the first back-off is the initial one", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { backoff: { initialMs: 50, factor: 100 } });
    await system.publish(topic, messagesOf(numbered(2)));
    const lease = await receiveOne(system, topic, "g");
    await system.settle(topic, "g", lease.id, { retry: [{ offset: 0 }, { offset: 1, delayMs: 2_000 }] });
    expect((await receiveOne(system, topic, "g")).messages).toMatchObject([{ offset: 0, attempt: 2 }]);
  });

  story("a lease of a thousand with every other message retried", {}, async ({ system, topic }) => {
    const all = numbered(1000).map((_, offset) => offset);
    const odd = all.filter((offset) => offset % 2 === 1);
    await system.publish(topic, messagesOf(numbered(1000)));
    const lease = await receiveOne(system, topic, "g", { maxMessages: 1000 });
    expect(lease.messages).toHaveLength(1000);
    const outcome = {
      ack: all.filter((offset) => offset % 2 === 0),
      retry: odd.map((offset) => ({ offset, delayMs: 0 })),
    };
    expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({ ...none, acked: 500, retried: 500 });
    const again = await receiveOne(system, topic, "g", { maxMessages: 1000 });
    expect(again.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual(
      odd.map((offset) => [offset, 2]),
    );
    expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([{ committed: 1, acked: 500 }]);
    expect(await system.settle(topic, "g", again.id, { ack: odd })).toEqual({ ...none, acked: 500 });
    expect(await system.settle(topic, "g", lease.id, outcome)).toEqual({ ...none, acked: 500, retried: 500 });
  });

  story("a retry without a delay waits longer each time", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", {
      backoff: { initialMs: 50, factor: 4, maxMs: 300 },
      maxDeliveries: 10,
    });
    await system.publish(topic, messagesOf(["a"]));
    for (const waitMs of [50, 200, 300, 300]) {
      const { id } = await receiveOne(system, topic, "g");
      const settledAt = Date.now();
      await system.settle(topic, "g", id, {});
      const { id: next } = await receiveOne(system, topic, "g");
      expect(Date.now() - settledAt).toBeGreaterThanOrEqual(waitMs);
      await system.settle(topic, "g", next, { release: [0] });
    }
  });
};
