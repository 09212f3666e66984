import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { acknowledge, consume, heldBy, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { System } from "../system.ts";
import { messagesOf, numbered, values } from "../text.ts";

const kilobyte = ".".repeat(1000);
const log = { bytes: 20_000, policy: "log" } as const;
const queue = { bytes: 20_000, policy: "queue" } as const;

/** Retention by bytes and time, under both policies. */
export const retention: Area = ({ story }) => {
  story(
    "by bytes: the front goes, and a reader is told where the log starts",
    { retention: log },
    async ({ system, topic }) => {
      await publishSingly(system, topic, 60);
      await trimmed(system, topic);
      const [state] = (await system.describeTopic(topic)).partitionStates;
      expect(state!.end).toBe(60);
      expect(state!.bytes).toBeLessThanOrEqual(20_000);
      // Not more than needed: what is left and one more of the pieces that are removed would be over the limit.
      expect(state!.messages).toBeGreaterThanOrEqual(10);
      const { start, messages } = await system.read(topic, 0, { from: "earliest" });
      expect(start).toBe(state!.start);
      expect(messages.map(({ offset }) => offset)).toEqual(
        numbered(60)
          .map((_, offset) => offset)
          .slice(start),
      );
      await expectRefusal(system.read(topic, 0, { from: start - 1 }), {
        code: "OFFSET_OUT_OF_RANGE",
        field: "from",
        limit: start,
      });
    },
  );

  story(
    "each partition has its part of the bytes",
    { partitions: 2, retention: log },
    async ({ system, topic }) => {
      await publishSingly(system, topic, 30, 0);
      await publishSingly(system, topic, 3, 1);
      await trimmed(system, topic);
      const [full, light] = (await system.describeTopic(topic)).partitionStates;
      expect(full!.bytes).toBeLessThanOrEqual(10_000);
      expect(light).toMatchObject({ start: 0, messages: 3 });
    },
  );

  story(
    "a group left behind goes on at the earliest, and what it missed is counted",
    { retention: log },
    async ({ system, topic }) => {
      await system.putGroup(topic, "g");
      await publishSingly(system, topic, 5);
      // One message is held, one waits for a retry, when the log loses them.
      const held = await receiveOne(system, topic, "g", { maxMessages: 1 });
      const failed = await receiveOne(system, topic, "g", { maxMessages: 1 });
      await system.settle(topic, "g", failed.id, { retry: [{ offset: 1, delayMs: 0 }] });
      await publishSingly(system, topic, 60);
      await trimmed(system, topic);
      const { start, end } = (await system.describeTopic(topic)).partitionStates[0]!;
      const got = await consume(system, topic, "g", end - start);
      expect(got.map(({ offset }) => offset)).toEqual(
        numbered(end)
          .map((_, offset) => offset)
          .slice(start),
      );
      expect(await system.settle(topic, "g", held.id, { ack: "all" })).toMatchObject({ acked: 1 });
      expect(await system.describeGroup(topic, "g")).toMatchObject({
        lag: 0,
        retrying: 0,
        inFlight: 0,
        expired: start - 1,
        partitions: [{ acked: end - start + 1, committed: end }],
      });
    },
  );

  story("by time: what is old goes", { retention: { ms: 300 } }, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(4)));
    await eventually("the old messages are gone", async () => {
      await system.housekeep();
      return (await system.describeTopic(topic)).partitionStates[0]!.start === 4;
    });
    await system.putTopic(topic, { retention: { ms: 600_000 } });
    await system.publish(topic, messagesOf(["new"]));
    await system.housekeep();
    const { messages, start, end } = await system.read(topic, 0, { from: "earliest" });
    expect([values(messages), start, end]).toEqual([["new"], 4, 5]);
  });

  story(
    "a queue keeps what is not acknowledged, and is full at its limit",
    { retention: queue },
    async ({ system, topic }) => {
      for (const group of ["fast", "slow"]) await system.putGroup(topic, group);
      const admitted = await fill(system, topic);
      expect(admitted).toBeGreaterThanOrEqual(15);
      await system.housekeep();
      expect((await system.describeTopic(topic)).partitionStates).toMatchObject([
        { start: 0, end: admitted },
      ]);
      expect(await consume(system, topic, "fast", admitted)).toHaveLength(admitted);
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["BACKLOG_FULL"]);
      const leases = await receiveLeases(system, topic, "slow", admitted);
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["BACKLOG_FULL"]);
      await acknowledge(system, topic, "slow", leases);
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["ok"]);
      const more = await fill(system, topic);
      expect(more).toBeGreaterThanOrEqual(10);
      const got = await consume(system, topic, "slow", more + 1);
      expect(got.map(({ offset }) => offset)).toEqual(numbered(more + 1).map((_, index) => admitted + index));
      expect(await system.describeGroup(topic, "slow")).toMatchObject({ expired: 0, lag: 0 });
    },
  );

  story(
    "a queue is freed by the deletion of the group that holds it",
    { retention: queue },
    async ({ system, topic }) => {
      for (const group of ["here", "gone"]) await system.putGroup(topic, group);
      await consume(system, topic, "here", await fill(system, topic));
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["BACKLOG_FULL"]);
      await system.deleteGroup(topic, "gone");
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["ok"]);
    },
  );

  story(
    "an idle group stops holding a queue, one that works does not",
    { retention: queue },
    async ({ system, topic }) => {
      for (const group of ["idle", "works"]) await system.putGroup(topic, group);
      const admitted = await fill(system, topic);
      const held = await receiveLeases(system, topic, "works", admitted);
      await system.putTopic(topic, { retention: { idleMs: 1500 } });
      const idleSince = Date.now();
      // It holds its leases and keeps asking, for longer than a group may be silent.
      while (Date.now() < idleSince + 2000) await system.receive(topic, "works", { waitMs: 100 });
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["BACKLOG_FULL"]);
      await acknowledge(system, topic, "works", held);
      expect(verdicts(await system.publish(topic, messagesOf([kilobyte])))).toEqual(["ok"]);
      const [late] = heldBy((await system.receive(topic, "idle", { maxMessages: 1 })).leases);
      const { start } = (await system.describeTopic(topic)).partitionStates[0]!;
      expect(start).toBeGreaterThan(0);
      expect(late!.offset).toBe(start);
      expect(await system.describeGroup(topic, "idle")).toMatchObject({ expired: start });
    },
  );
};

/** Publishes so many messages of a kilobyte, each a batch of its own. */
async function publishSingly(system: System, topic: string, count: number, partition = 0): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await system.publish(topic, messagesOf([kilobyte], partition));
}

/** Publishes singly until the topic is full. Answers how many were admitted. */
async function fill(system: System, topic: string): Promise<number> {
  for (let admitted = 0; ; admitted += 1) {
    const [verdict] = verdicts(await system.publish(topic, messagesOf([kilobyte])));
    if (verdict === "BACKLOG_FULL") return admitted;
    expect(verdict).toBe("ok");
  }
}

/** Housekeeping until no partition is over its part. */
async function trimmed(system: System, topic: string): Promise<void> {
  await eventually("the topic is within its bytes", async () => {
    await system.housekeep();
    const { partitionStates, retention } = await system.describeTopic(topic);
    return partitionStates.every(({ bytes }) => bytes <= retention.bytes! / partitionStates.length);
  });
}
