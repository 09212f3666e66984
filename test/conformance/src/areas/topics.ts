import { defaults } from "@tidegate/contracts";
import { expect } from "vitest";
import { consume, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal, placed, placesOf, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, messagesOf, numbered, values } from "../text.ts";

/** Topics: created, changed, grown, listed and described. */
export const topics: Area = ({ story }) => {
  story("a topic is created with its defaults and described empty", null, async ({ system, topic }) => {
    const { topic: made, created } = await system.putTopic(topic);
    expect(created).toBe(true);
    expect(made).toMatchObject({
      name: topic,
      partitions: defaults.partitions,
      placement: "spread",
      retention: { ms: defaults.retentionMs, bytes: null, policy: "log", idleMs: defaults.idleMs },
      maxMessageBytes: defaults.maxMessageBytes,
      compression: "none",
      gate: null,
    });
    const described = await system.describeTopic(topic);
    expect(described).toMatchObject({ topicId: made.topicId, gateState: null });
    expect(described.partitionStates).toEqual(
      [0, 1, 2, 3].map((partition) => ({ partition, start: 0, end: 0, messages: 0, bytes: 0, delayed: 0 })),
    );
  });

  story("putting the same settings again changes nothing", null, async ({ system, topic }) => {
    const settings = { partitions: 2, retention: { bytes: 1_000_000 }, gate: null };
    const { topic: first } = await system.putTopic(topic, settings);
    for (const again of [settings, {}, { partitions: 2 }]) {
      expect(await system.putTopic(topic, again)).toEqual({ topic: first, created: false });
    }
  });

  story("many puts at once make one topic", null, async ({ system, topic }) => {
    const connections = await Promise.all(Array.from({ length: 6 }, () => system.connect()));
    const answers = await Promise.all(
      connections.map((connection) => connection.putTopic(topic, { partitions: 3 })),
    );
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.topic.topicId)).size).toBe(1);
  });

  story("a change keeps what it does not name, and null lifts a limit", {}, async ({ system, topic }) => {
    await system.putTopic(topic, { retention: { ms: 60_000, bytes: 10_000_000 }, maxMessageBytes: 100 });
    const { topic: before } = await system.putTopic(topic, { retention: { policy: "queue" } });
    expect(before.retention).toEqual({
      ms: 60_000,
      bytes: 10_000_000,
      policy: "queue",
      idleMs: defaults.idleMs,
    });
    const { topic: after } = await system.putTopic(topic, { retention: { ms: null } });
    expect(after.retention).toMatchObject({ ms: null, bytes: 10_000_000, policy: "queue" });
    expect(after.maxMessageBytes).toBe(100);
    expect(after.version).toBeGreaterThan(before.version);
    await expectRefusal(system.publish(topic, [{ value: new Uint8Array(101) }]), {
      code: "MESSAGE_TOO_LARGE",
      field: "messages[0].value",
      limit: 100,
    });
  });

  story("partitions cannot shrink and placement cannot change", { partitions: 3 }, async (stage) => {
    const { system, topic } = stage;
    const before = await system.describeTopic(topic);
    await expectRefusal(system.putTopic(topic, { partitions: 2 }), {
      code: "PARTITIONS_CANNOT_SHRINK",
      field: "partitions",
      limit: 3,
    });
    await expectRefusal(system.putTopic(topic, { placement: "together" }), {
      code: "PLACEMENT_CANNOT_CHANGE",
      field: "placement",
      limit: "spread",
    });
    expect(await system.describeTopic(topic)).toEqual(before);
  });

  story("a topic grows under its readers and writers", { partitions: 2 }, async ({ system, topic }) => {
    const writer = await system.connect();
    await system.putGroup(topic, "all");
    await system.putGroup(topic, "new", { start: "latest" });
    await writer.publish(topic, [...messagesOf(["a"], 0), ...messagesOf(["b"], 1)]);
    await system.putGroup(topic, "later", { start: "latest" });
    expect((await system.putTopic(topic, { partitions: 5 })).topic.partitions).toBe(5);
    // The writer has not heard of it yet.
    await writer.publish(
      topic,
      [3, 4].flatMap((partition) => messagesOf([`c${partition}`], partition)),
    );
    expect((await system.describeTopic(topic)).partitionStates.map(({ end }) => end)).toEqual([
      1, 1, 0, 1, 1,
    ]);
    expect(values(await consume(system, topic, "all", 4)).sort()).toEqual(["a", "b", "c3", "c4"]);
    expect(values(await consume(system, topic, "new", 4)).sort()).toEqual(["a", "b", "c3", "c4"]);
    expect(values(await consume(system, topic, "later", 2)).sort()).toEqual(["c3", "c4"]);
    const { partitions } = await system.describeGroup(topic, "later");
    expect(partitions.map(({ committed }) => committed)).toEqual([1, 1, 0, 1, 1]);
  });

  story(
    "who has not heard that a topic grew is not refused its new partitions",
    {},
    async ({ system, topic }) => {
      const [writer, reader, settler] = await Promise.all([0, 1, 2].map(() => system.connect()));
      await writer!.publish(topic, messagesOf(["a"]));
      await reader!.read(topic, 0, { from: 0 });
      await consume(settler!, topic, "g", 1);
      await system.putTopic(topic, { partitions: 3, maxMessageBytes: 1_000_000 });
      await writer!.publish(topic, messagesOf(["b"], 2));
      expect(values((await reader!.read(topic, 2, { from: 0 })).messages)).toEqual(["b"]);
      const lease = await receiveOne(system, topic, "g");
      expect(lease.partition).toBe(2);
      expect(await settler!.settle(topic, "g", lease.id, { ack: "all" })).toMatchObject({ acked: 1 });
      const late = await reader!.connect();
      await late.publish(topic, messagesOf(["c"]));
      await system.putTopic(topic, { maxMessageBytes: 10 });
      await late.publish(topic, messagesOf(["d".repeat(5)]));
      await system.putTopic(topic, { maxMessageBytes: 1000 });
      await late.publish(topic, messagesOf(["e".repeat(500)]));
    },
  );

  story("appends go on while a topic grows", { partitions: 1 }, async ({ system, topic }) => {
    const writers = await Promise.all([0, 1, 2].map(() => system.connect()));
    const grow = async () => {
      for (const partitions of [2, 4, 6]) await system.putTopic(topic, { partitions });
    };
    const write = async (writer: typeof system, name: string) => {
      for (const value of numbered(15, name))
        await writer.publish(topic, [{ key: bytes(value), value: bytes(value) }]);
    };
    await Promise.all([grow(), ...writers.map((writer, index) => write(writer, `w${index}-`))]);
    const { partitionStates } = await system.describeTopic(topic);
    expect(partitionStates).toHaveLength(6);
    expect(partitionStates.reduce((sum, { messages }) => sum + messages, 0)).toBe(45);
    expect(new Set(values(await consume(system, topic, "g", 45))).size).toBe(45);
  });

  story("topics are listed by name", null, async ({ system, topic }) => {
    const names = ["b", "a", "c"].map((end) => `${topic}.${end}`);
    for (const name of names) await system.putTopic(name, { partitions: 1 });
    const listed = (await system.listTopics()).map(({ name }) => name);
    expect(listed).toEqual([...listed].sort());
    expect(listed.filter((name) => name.startsWith(topic))).toEqual([...names].sort());
  });

  story("a deleted topic is gone for everybody", { partitions: 3 }, async ({ system, topic }) => {
    const other = await system.connect();
    await other.publish(topic, messagesOf(["a"]));
    const lease = await receiveOne(other, topic, "g");
    await system.deleteTopic(topic);
    const gone = { code: "TOPIC_NOT_FOUND" } as const;
    await expectRefusal(other.describeTopic(topic), gone);
    await expectRefusal(other.publish(topic, messagesOf(["b"])), gone);
    await expectRefusal(other.read(topic, 0, { from: "earliest" }), gone);
    await expectRefusal(other.receive(topic, "g"), gone);
    await expectRefusal(other.settle(topic, "g", lease.id, { ack: "all" }), gone);
    await expectRefusal(other.extend(topic, "g", lease.id, {}), gone);
    await expectRefusal(other.describeGroup(topic, "g"), gone);
    await expectRefusal(other.seek(topic, "g", "earliest"), gone);
    await expectRefusal(other.putGroup(topic, "g"), gone);
    await expectRefusal(system.deleteTopic(topic), gone);
    expect((await system.listTopics()).filter(({ name }) => name === topic)).toEqual([]);
  });

  story("nothing of a deleted group or topic is left in Redis", { partitions: 3 }, async (stage) => {
    const { system, topic, keys } = stage;
    const all = [0, 1, 2].flatMap((partition) => messagesOf(["a", "b"], partition));
    const late = { value: bytes("c"), delayMs: 60_000, idempotencyKey: "c" };
    await system.publish(topic, [...all, late]);
    const before = await keys();
    for (const group of ["gone", "here"]) {
      const [first, second] = await receiveLeases(system, topic, group, 6);
      const deadLetter = first!.messages.map(({ offset }) => ({ offset }));
      await system.settle(topic, group, first!.id, { deadLetter });
      await system.settle(topic, group, second!.id, {});
    }
    expect((await keys()).some((key) => key.includes("gone"))).toBe(true);
    await system.deleteGroup(topic, "gone");
    expect((await keys()).filter((key) => key.includes("gone"))).toEqual([]);
    expect((await keys()).length).toBeGreaterThan(before.length);
    await system.deleteTopic(topic);
    expect(await keys()).toEqual([]);
  });

  story(
    "a deleted topic takes its gates with it",
    { partitions: 2, placement: "together" },
    async (stage) => {
      const { system, topic, keys } = stage;
      const message = { key: bytes("k"), value: bytes("v") };
      for (const id of ["one", "two", "three"]) {
        await system.putTopic(topic, { gate: { id, stock: 1, perKey: { limit: 1, windowMs: 60_000 } } });
        const [outcome] = (await system.publish(topic, [message])).outcomes;
        await system.credit(topic, placed(outcome).receipt);
      }
      await system.deleteTopic(topic);
      expect(await keys()).toEqual([]);
      const gate = { id: "one", stock: 1, perKey: { limit: 1, windowMs: null } };
      await system.putTopic(topic, { partitions: 1, gate });
      expect(verdicts(await system.publish(topic, [message]))).toEqual(["ok"]);
    },
  );

  story("who knows a former topic meets the gate of the new one", {}, async ({ system, topic }) => {
    const former = await system.connect();
    await former.publish(topic, messagesOf(["a"]));
    await system.deleteTopic(topic);
    await system.putTopic(topic, { partitions: 1, gate: { id: "closed", stock: 0 } });
    expect(verdicts(await former.publish(topic, messagesOf(["b"])))).toEqual(["SOLD_OUT"]);
    await system.putTopic(topic, { gate: null });
    expect(verdicts(await former.publish(topic, messagesOf(["c"])))).toEqual(["ok"]);
    await system.putTopic(topic, { gate: { id: "closed", stock: 0 } });
    expect(verdicts(await former.publish(topic, messagesOf(["d"])))).toEqual(["SOLD_OUT"]);
  });

  story(
    "a topic made anew shares nothing with the former one",
    { partitions: 2 },
    async ({ system, topic }) => {
      const former = await system.connect();
      const { topicId } = await system.describeTopic(topic);
      const keyed = { key: bytes("k"), value: bytes("old"), idempotencyKey: "order-1" };
      await former.publish(topic, [keyed, { ...keyed, idempotencyKey: "late", delayMs: 60_000 }]);
      const [lease] = (await former.receive(topic, "g")).leases;
      await system.deleteTopic(topic);
      const { topic: anew, created } = await system.putTopic(topic, { partitions: 2 });
      expect(created).toBe(true);
      expect(anew.topicId).not.toBe(topicId);
      expect(await system.listGroups(topic)).toEqual([]);
      const states = (await system.describeTopic(topic)).partitionStates;
      expect(states.map(({ end, delayed }) => end + delayed)).toEqual([0, 0]);

      // The former connection still knows the former topic; it meets the new one.
      const published = await former.publish(topic, [keyed]);
      expect(verdicts(published)).toEqual(["ok"]);
      expect(placesOf(published)[0]).toMatchObject({ offset: 0 });
      await expectRefusal(former.settle(topic, "g", lease!.id, { ack: "all" }), { code: "GROUP_NOT_FOUND" });
      expect(values(await peek(former, topic, "g"))).toEqual(["old"]);
      await expectRefusal(former.settle(topic, "g", lease!.id, { ack: "all" }), { code: "LEASE_LOST" });
      await expectRefusal(former.extend(topic, "g", lease!.id, {}), { code: "LEASE_LOST" });
      expect((await system.describeGroup(topic, "g")).inFlight).toBe(1);
    },
  );
};
