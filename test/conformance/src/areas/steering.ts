import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { messagesOf, numbered, values } from "../text.ts";

const offsets = (held: readonly { offset: number }[]) => held.map(({ offset }) => offset);

/** Seek, pause and resume. */
export const steering: Area = ({ story }) => {
  story("seek to the ends, to offsets and to times", { partitions: 3 }, async ({ system, topic }) => {
    for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(numbered(4), partition));
    const last = (await system.read(topic, 2, { from: 3 })).messages[0]!.timestamp;
    await eventually("the clock moves on", () => Date.now() > last);
    for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(["late"], partition));
    await consume(system, topic, "g", 15);
    const committed = async () =>
      (await system.describeGroup(topic, "g")).partitions.map((one) => one.committed);

    await system.seek(topic, "g", "earliest");
    expect(await committed()).toEqual([0, 0, 0]);
    expect(await consume(system, topic, "g", 15)).toHaveLength(15);
    await system.seek(topic, "g", { offsets: { 0: 2, 2: 5 } });
    expect(await committed()).toEqual([2, 5, 5]);
    expect(offsets(await consume(system, topic, "g", 3))).toEqual([2, 3, 4]);
    await system.seek(topic, "g", { timestamp: last + 1 });
    expect(await committed()).toEqual([4, 4, 4]);
    expect(new Set(values(await consume(system, topic, "g", 3)))).toEqual(new Set(["late"]));
    await system.seek(topic, "g", { timestamp: 0 });
    expect(await committed()).toEqual([0, 0, 0]);
    await system.seek(topic, "g", "latest");
    expect(await committed()).toEqual([5, 5, 5]);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0 });
    expect(await peek(system, topic, "g")).toEqual([]);
  });

  story("a seek drops leases and retries, and other groups do not notice", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(6)));
    await receiveOne(system, topic, "other", { maxMessages: 2 });
    const retried = await receiveOne(system, topic, "g", { maxMessages: 2 });
    await system.settle(topic, "g", retried.id, {
      retry: [
        { offset: 0, delayMs: 0 },
        { offset: 1, delayMs: 60_000 },
      ],
    });
    const held = heldBy(await receiveLeases(system, topic, "g", 3, { maxMessages: 3 }));
    await system.seek(topic, "g", { offsets: { 0: 1 } });
    for (const id of new Set(held.map(({ leaseId }) => leaseId)))
      await expectRefusal(system.settle(topic, "g", id, { ack: "all" }), { code: "LEASE_LOST" });
    expect(await system.describeGroup(topic, "g")).toMatchObject({ inFlight: 0, retrying: 0, lag: 5 });
    const again = await consume(system, topic, "g", 5);
    expect(again.map(({ offset, attempt }) => [offset, attempt])).toEqual(
      [1, 2, 3, 4, 5].map((offset) => [offset, 1]),
    );
    expect(await system.describeGroup(topic, "other")).toMatchObject({ inFlight: 2, lag: 6 });
  });

  story(
    "a seek outside the log is refused and moves nothing",
    { partitions: 3 },
    async ({ system, topic }) => {
      for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(numbered(4), partition));
      const leases = await receiveLeases(system, topic, "g", 6, { maxMessages: 6 });
      const before = await system.describeGroup(topic, "g");
      const refused = async (wanted: Record<string, number>, field: string) =>
        expectRefusal(system.seek(topic, "g", { offsets: wanted }), { code: "OFFSET_OUT_OF_RANGE", field });
      await refused({ 0: 0, 1: 5 }, "to.offsets.1");
      await refused({ 0: 0, 2: 1e15 }, "to.offsets.2");
      await expectRefusal(system.seek(topic, "g", { offsets: { 0: 0, 3: 0 } }), {
        code: "PARTITION_NOT_FOUND",
        field: "to.offsets.3",
      });
      for (const bad of [-1, 1.5, Number.NaN, 1e300])
        await expectRefusal(system.seek(topic, "g", { offsets: { 0: 0, 1: bad } }), {
          code: "INVALID",
          field: "to.offsets.1",
        });
      await expectRefusal(system.seek(topic, "g", { offsets: {} }), { code: "INVALID", field: "to.offsets" });
      await expectRefusal(system.seek(topic, "g", "middle" as "latest"), { code: "INVALID", field: "to" });
      await expectRefusal(system.seek(topic, "g", { timestamp: -1 }), {
        code: "INVALID",
        field: "to.timestamp",
      });
      await expectRefusal(system.seek(topic, "nobody", "earliest"), { code: "GROUP_NOT_FOUND" });
      expect(await system.describeGroup(topic, "g")).toEqual(before);
      for (const { id } of leases) await system.settle(topic, "g", id, { ack: "all" });
    },
  );

  story("a paused group is handed nothing; leases that are held go on", {}, async ({ system, topic }) => {
    const other = await system.connect();
    await system.publish(topic, messagesOf(numbered(4)));
    const held = await receiveOne(other, topic, "g", { maxMessages: 2 });
    await system.pause(topic, "g");
    await system.pause(topic, "g");
    expect((await system.describeGroup(topic, "g")).paused).toBe(true);
    for (const connection of [system, other])
      expect(await connection.receive(topic, "g", { waitMs: 100 })).toEqual({ leases: [], paused: true });
    await other.extend(topic, "g", held.id, { ack: [0] });
    expect(await other.settle(topic, "g", held.id, { retry: [{ offset: 1, delayMs: 0 }] })).toMatchObject({
      retried: 1,
    });
    expect(await peek(other, topic, "g")).toEqual([]);
    expect(await peek(system, topic, "another")).toHaveLength(4);
    await system.resume(topic, "g");
    expect((await system.describeGroup(topic, "g")).paused).toBe(false);
    expect(offsets(await consume(other, topic, "g", 3)).sort()).toEqual([1, 2, 3]);
  });
};
