import { defaults } from "@tidegate/contracts";
import { expect } from "vitest";
import { acknowledge, consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { messagesOf, numbered, values } from "../text.ts";

/** Groups: who sees what, and how far they are. */
export const groups: Area = ({ story, can }) => {
  story("every group sees every message", { partitions: 3 }, async ({ system, topic }) => {
    const sent = [0, 1, 2].flatMap((partition) => numbered(20, `p${partition}-`));
    for (let partition = 0; partition < 3; partition += 1)
      await system.publish(topic, messagesOf(numbered(20, `p${partition}-`), partition));
    const [one, other] = await Promise.all(
      ["one", "other"].map((group) => consume(system, topic, group, 60)),
    );
    for (const got of [one!, other!]) {
      expect(values(got).sort()).toEqual([...sent].sort());
      for (let partition = 0; partition < 3; partition += 1) {
        const mine = got.filter((message) => message.partition === partition);
        expect(mine.map(({ offset }) => offset)).toEqual(numbered(20).map((_, offset) => offset));
      }
    }
  });

  story(
    "consumers of one group share the work, each message once",
    { partitions: 3 },
    async ({ system, topic }) => {
      await system.publish(
        topic,
        [0, 1, 2].flatMap((partition) => messagesOf(numbered(60, `p${partition}-`), partition)),
      );
      const workers = await Promise.all(Array.from({ length: 5 }, () => system.connect()));
      const got: string[] = [];
      const work = async (worker: typeof system) => {
        for (;;) {
          const { leases } = await worker.receive(topic, "g", { maxMessages: 7 });
          if (leases.length === 0) return;
          for (const { partition, offset } of heldBy(leases)) got.push(`${partition}:${offset}`);
          await acknowledge(worker, topic, "g", leases);
        }
      };
      await Promise.all(workers.map(work));
      expect(got).toHaveLength(180);
      expect(new Set(got).size).toBe(180);
      expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
    },
  );

  story("lag, in flight and the committed offset follow the work", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g");
    const standing = async () => {
      const { lag, inFlight, retrying, partitions } = await system.describeGroup(topic, "g");
      const { next, committed, end, acked } = partitions[0]!;
      return { lag, inFlight, retrying, next, committed, end, acked };
    };
    const nothing = { lag: 0, inFlight: 0, retrying: 0, next: 0, committed: 0, end: 0, acked: 0 };
    expect(await standing()).toEqual(nothing);
    await system.publish(topic, messagesOf(numbered(10)));
    expect(await standing()).toEqual({ ...nothing, lag: 10, end: 10 });
    const first = await receiveOne(system, topic, "g", { maxMessages: 4, consumer: "worker 1" });
    const second = await receiveOne(system, topic, "g", { maxMessages: 4 });
    expect(await standing()).toEqual({ ...nothing, lag: 10, end: 10, inFlight: 8, next: 8 });
    const { leases } = (await system.describeGroup(topic, "g")).partitions[0]!;
    expect(leases).toContainEqual({
      id: first.id,
      consumer: "worker 1",
      deadline: first.deadline,
      messages: 4,
    });
    expect(leases).toContainEqual({ id: second.id, consumer: null, deadline: second.deadline, messages: 4 });
    // The later lease ends first: the committed offset waits for the earlier one.
    await system.settle(topic, "g", second.id, { ack: "all" });
    expect(await standing()).toEqual({ ...nothing, lag: 6, end: 10, inFlight: 4, next: 8, acked: 4 });
    await system.settle(topic, "g", first.id, { ack: [0, 2, 3], retry: [{ offset: 1, delayMs: 60_000 }] });
    expect(await standing()).toEqual({
      lag: 3,
      end: 10,
      inFlight: 0,
      retrying: 1,
      next: 8,
      committed: 1,
      acked: 7,
    });
  });

  story(
    "a group starts at the end of the log that it is told",
    { partitions: 2 },
    async ({ system, topic }) => {
      await system.publish(topic, [...messagesOf(["old0"], 0), ...messagesOf(["old1"], 1)]);
      await system.putGroup(topic, "latest", { start: "latest" });
      await system.putGroup(topic, "earliest", { start: "earliest" });
      await system.publish(topic, messagesOf(["new"], 1));
      expect(values(await peek(system, topic, "latest"))).toEqual(["new"]);
      expect(values(await peek(system, topic, "earliest")).sort()).toEqual(["new", "old0", "old1"]);
    },
  );

  story("a group is made by the first receive, with defaults", {}, async ({ system, topic }) => {
    expect(await system.receive(topic, "g")).toEqual({ leases: [], paused: false });
    expect(await system.describeGroup(topic, "g")).toMatchObject({
      name: "g",
      topic,
      start: "earliest",
      ordering: "none",
      leaseMs: defaults.leaseMs,
      maxDeliveries: defaults.maxDeliveries,
      backoff: {
        initialMs: defaults.backoffInitialMs,
        maxMs: defaults.backoffMaxMs,
        factor: defaults.backoffFactor,
      },
      paused: false,
    });
  });

  story(
    "in a queue topic a group must be made first",
    { retention: { policy: "queue" } },
    async ({ system, topic }) => {
      await system.publish(topic, messagesOf(["a"]));
      await expectRefusal(system.receive(topic, "g"), { code: "GROUP_NOT_FOUND" });
      await system.putGroup(topic, "g");
      expect(values(await consume(system, topic, "g", 1))).toEqual(["a"]);
    },
  );

  story("settings that are left out keep their value", {}, async ({ system, topic }) => {
    const made = await system.putGroup(topic, "g", { leaseMs: 5000, backoff: { initialMs: 10, factor: 3 } });
    expect(made.created).toBe(true);
    expect(await system.putGroup(topic, "g", { leaseMs: 5000 })).toEqual({
      group: made.group,
      created: false,
    });
    const { group } = await system.putGroup(topic, "g", { maxDeliveries: 2, backoff: { maxMs: 50 } });
    expect(group).toMatchObject({
      leaseMs: 5000,
      maxDeliveries: 2,
      backoff: { initialMs: 10, maxMs: 50, factor: 3 },
    });
  });

  story("limits and push are kept, changed and taken away", {}, async ({ system, topic }) => {
    const none = { rate: null, concurrency: null, perKey: null, push: null };
    expect((await system.putGroup(topic, "plain")).group).toMatchObject(none);
    const url = "https://example.com/orders";
    const made = await system.putGroup(topic, "g", {
      ordering: "key",
      rate: { limit: 500, intervalMs: 1000 },
      concurrency: 10,
      perKey: { rate: { limit: 5, intervalMs: 1000, burst: 2 }, concurrency: 1 },
      push: { url, batchSize: 10, headers: { "X-Shop": "1" } },
    });
    const kept = {
      ordering: "key",
      rate: { limit: 500, intervalMs: 1000, burst: 500 },
      concurrency: 10,
      perKey: { header: null, rate: { limit: 5, intervalMs: 1000, burst: 2 }, concurrency: 1 },
      push: { url, batchSize: 10, timeoutMs: 30_000, headers: { "X-Shop": "1" }, maxAgeMs: 86_400_000 },
    };
    expect(made.group).toMatchObject(kept);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ ...kept, heldUntil: null });
    expect(await system.listGroups(topic)).toMatchObject([kept, none]);
    expect(await system.putGroup(topic, "g", {})).toEqual({ group: made.group, created: false });
    const changed = await system.putGroup(topic, "g", { concurrency: 20, push: { url, timeoutMs: 500 } });
    expect(changed.group).toMatchObject({ ...kept, concurrency: 20, push: { ...kept.push, timeoutMs: 500 } });
    const bare = await system.putGroup(topic, "g", { ordering: "none", ...none });
    expect(bare.group).toMatchObject({ ordering: "none", ...none });
  });

  story("groups are listed, deleted, and begin anew", {}, async ({ system, topic }) => {
    const other = await system.connect();
    await system.publish(topic, messagesOf(["a", "b"]));
    for (const name of ["b", "a"]) await system.putGroup(topic, name);
    expect((await system.listGroups(topic)).map(({ name }) => name)).toEqual(["a", "b"]);
    const lease = await receiveOne(other, topic, "a");
    await system.deleteGroup(topic, "a");
    expect((await system.listGroups(topic)).map(({ name }) => name)).toEqual(["b"]);
    const missing = { code: "GROUP_NOT_FOUND" } as const;
    await expectRefusal(other.settle(topic, "a", lease.id, { ack: "all" }), missing);
    await expectRefusal(other.extend(topic, "a", lease.id, {}), missing);
    await expectRefusal(other.describeGroup(topic, "a"), missing);
    await expectRefusal(other.seek(topic, "a", "earliest"), missing);
    await expectRefusal(other.pause(topic, "a"), missing);
    await expectRefusal(other.deadLetters(topic, "a"), missing);
    await expectRefusal(other.redrive(topic, "a", { all: true }), missing);
    await expectRefusal(system.deleteGroup(topic, "a"), missing);
    await system.putGroup(topic, "a");
    await expectRefusal(other.settle(topic, "a", lease.id, { ack: "all" }), { code: "LEASE_LOST" });
    expect(values(await peek(other, topic, "a"))).toEqual(["a", "b"]);
  });

  story("ordering changes only while nothing is held", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "none" });
    await system.publish(topic, messagesOf(["a", "b"]));
    const lease = await receiveOne(system, topic, "g", { maxMessages: 1 });
    await expectRefusal(system.putGroup(topic, "g", { ordering: "partition" }), {
      code: "ORDERING_CANNOT_CHANGE",
      field: "ordering",
      limit: "none",
    });
    expect((await system.putGroup(topic, "g", { leaseMs: 1000 })).group.ordering).toBe("none");
    await system.settle(topic, "g", lease.id, { ack: "all" });
    expect((await system.putGroup(topic, "g", { ordering: "partition" })).group.ordering).toBe("partition");
  });

  story("a receive is bounded in messages and bytes", { partitions: 3 }, async ({ system, topic }) => {
    const large = numbered(10).map((name) => name.padEnd(1000, "."));
    for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(large, partition));
    const over = heldBy(await receiveLeases(system, topic, "g", 14, { maxMessages: 14 }));
    expect(over).toHaveLength(14);
    const { leases } = await system.receive(topic, "g", { maxBytes: 3500 });
    expect(heldBy(leases)).toHaveLength(3);
    expect(heldBy((await system.receive(topic, "g", { maxBytes: 1 })).leases)).toHaveLength(1);
    const { inFlight, lag } = await system.describeGroup(topic, "g");
    expect({ inFlight, lag }).toEqual({ inFlight: 18, lag: 30 });
  });

  story("a receive waits for what comes, and no longer", { partitions: 2 }, async ({ system, topic }) => {
    const other = await system.connect();
    const startedAt = Date.now();
    const waiting = other.receive(topic, "g", { waitMs: 20_000 });
    expect((await system.receive(topic, "g", { waitMs: 100 })).leases).toEqual([]);
    await system.publish(topic, messagesOf(["a"], 1));
    expect(values(heldBy((await waiting).leases))).toEqual(["a"]);
    expect(Date.now() - startedAt).toBeLessThan(can.wakes ? 5_000 : 10_000);
  });
};
