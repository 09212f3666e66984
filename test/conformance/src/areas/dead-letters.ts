import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { groupModes } from "../group-modes.ts";
import { expectRefusal, expectRefusedSomehow } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { System } from "../system.ts";
import { bytes, messagesOf, numbered, text, values } from "../text.ts";

/** Dead letters: listed, read as a topic, and handed back once. */
export const deadLetters: Area = ({ story }) => {
  story("a dead letter is the message, with where it was and why it died", {}, async ({ system, topic }) => {
    const key = Uint8Array.of(1, 255);
    await system.publish(topic, [
      { value: bytes("fine") },
      { key, value: bytes("bad"), headers: [{ key: "h", value: bytes("1") }] },
    ]);
    const lease = await receiveOne(system, topic, "g");
    await system.settle(topic, "g", lease.id, {
      ack: [0],
      deadLetter: [{ offset: 1, reason: "no such customer: é" }],
    });
    const { messages, next } = await system.deadLetters(topic, "g");
    expect(next).toBeNull();
    expect(messages).toMatchObject([
      { partition: 0, offset: 0, originOffset: 1, attempts: 1, reason: "no such customer: é" },
    ]);
    expect([...messages[0]!.key!]).toEqual([...key]);
    expect(text(messages[0]!.value)).toBe("bad");
    expect(messages[0]!.headers.map(({ key, value }) => [key, text(value)])).toContainEqual(["h", "1"]);

    const read = await system.read(`${topic}.g.dlq`, 0, { from: "earliest" });
    expect(read).toMatchObject({ start: 0, end: 1, nextOffset: 1 });
    expect(values(read.messages)).toEqual(["bad"]);
    const origin = Object.fromEntries(read.messages[0]!.headers.map(({ key, value }) => [key, text(value)]));
    expect(origin).toMatchObject({
      "tidegate-origin-topic": topic,
      "tidegate-origin-partition": "0",
      "tidegate-origin-offset": "1",
      "tidegate-attempts": "1",
      "tidegate-group": "g",
    });
  });

  story(
    "the last attempt that fails is a dead letter, and no attempt is above the limit",
    {},
    async ({ system, topic }) => {
      await system.putGroup(topic, "g", { maxDeliveries: 3, backoff: { initialMs: 1 } });
      await system.publish(topic, messagesOf(["a"]));
      const attempts: number[] = [];
      for (const retried of [1, 1, 0]) {
        const { id, messages } = await receiveOne(system, topic, "g");
        attempts.push(messages[0]!.attempt);
        expect(await system.settle(topic, "g", id, {})).toMatchObject({ retried, deadLettered: 1 - retried });
      }
      expect(attempts).toEqual([1, 2, 3]);
      expect((await system.deadLetters(topic, "g")).messages).toMatchObject([
        { originOffset: 0, attempts: 3 },
      ]);
      expect(await peek(system, topic, "g")).toEqual([]);
    },
  );

  story("they are listed page by page over the partitions", { partitions: 3 }, async ({ system, topic }) => {
    await bury(system, topic, 3, 4);
    const places: string[] = [];
    let from: { partition: number; from: number } | null = { partition: 0, from: 0 };
    while (from !== null && from.partition < 3) {
      // A page may end with its partition: the next is asked for by number.
      const page = await system.deadLetters(topic, "g", { ...from, limit: 3 });
      places.push(...page.messages.map(({ partition, originOffset }) => `${partition}:${originOffset}`));
      from = page.next ?? { partition: from.partition + 1, from: 0 };
    }
    const all = (await system.deadLetters(topic, "g")).messages.map(
      ({ partition, originOffset }) => `${partition}:${originOffset}`,
    );
    expect(all).toHaveLength(12);
    expect(places).toEqual(all);
    const { messages, next } = await system.deadLetters(topic, "g", { limit: 5 });
    expect(messages).toHaveLength(5);
    expect(next).toEqual({ partition: 1, from: 1 });
    await expectRefusal(system.deadLetters(topic, "g", { partition: 3 }), {
      code: "PARTITION_NOT_FOUND",
      field: "partition",
      limit: 2,
    });
  });

  story(
    "redrive hands them to that group alone, with all attempts, once",
    { partitions: 2 },
    async ({ system, topic }) => {
      await bury(system, topic, 2, 3);
      await consume(system, topic, "other", 6);
      const connections = await Promise.all([0, 1, 2].map(() => system.connect()));
      const answers = await Promise.all(
        connections.map((connection) => connection.redrive(topic, "g", { all: true })),
      );
      expect(answers.reduce((sum, { redriven }) => sum + redriven, 0)).toBe(6);
      expect(await system.redrive(topic, "g", { all: true })).toEqual({ redriven: 0 });
      expect((await system.deadLetters(topic, "g")).messages).toEqual([]);
      const again = await consume(system, topic, "g", 6);
      expect(new Set(again.map(({ attempt }) => attempt))).toEqual(new Set([1]));
      expect(new Set(again.map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(6);
      expect(await peek(system, topic, "other")).toEqual([]);
      expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
      expect((await system.describeTopic(topic)).partitionStates.map(({ end }) => end)).toEqual([3, 3]);
    },
  );

  story("those that are named are redriven, others stay", {}, async ({ system, topic }) => {
    await bury(system, topic, 1, 4);
    const some = [
      { partition: 0, offset: 1 },
      { partition: 0, offset: 3 },
      { partition: 0, offset: 99 },
    ];
    expect(await system.redrive(topic, "g", { messages: some })).toEqual({ redriven: 2 });
    expect(await system.redrive(topic, "g", { messages: some })).toEqual({ redriven: 0 });
    const again = heldBy(await receiveLeases(system, topic, "g", 2));
    expect(again.map(({ offset }) => offset).sort()).toEqual([1, 3]);
    expect((await system.deadLetters(topic, "g")).messages.map(({ originOffset }) => originOffset)).toEqual([
      0, 2,
    ]);
    await expectRefusal(system.redrive(topic, "g", { messages: [{ partition: 1, offset: 0 }] }), {
      code: "PARTITION_NOT_FOUND",
    });
  });

  story(
    "what the log has lost is appended for that group alone",
    { retention: { ms: 200 } },
    async ({ system, topic }) => {
      await system.putGroup(topic, "other");
      await bury(system, topic, 1, 3);
      const letters = (await system.deadLetters(topic, "g")).messages;
      expect(letters).toHaveLength(3);
      await losesAll(system, topic);
      expect(await system.redrive(topic, "g", { all: true })).toEqual({ redriven: 3 });
      expect((await system.describeTopic(topic)).partitionStates).toMatchObject([{ start: 3, end: 6 }]);
      await system.publish(topic, messagesOf(["for all"]));
      expect(values(await consume(system, topic, "g", 4)).sort()).toEqual(["for all", "m0", "m1", "m2"]);
      expect(values(await consume(system, topic, "other", 1))).toEqual(["for all"]);
      expect(await system.describeGroup(topic, "other")).toMatchObject({ lag: 0, inFlight: 0 });
      expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
    },
  );

  story("a limit that is lowered takes what has used it up", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a", "b"]));
    const first = await receiveOne(system, topic, "g");
    await system.settle(topic, "g", first.id, { retry: [{ offset: 0, delayMs: 0 }], release: [1] });
    const second = await receiveLeases(system, topic, "g", 2);
    for (const { id, messages } of second)
      await system.settle(topic, "g", id, {
        retry: messages.filter(({ offset }) => offset === 0).map(({ offset }) => ({ offset, delayMs: 0 })),
        ack: "all",
      });
    await system.putGroup(topic, "g", { maxDeliveries: 2 });
    expect(await peek(system, topic, "g")).toEqual([]);
    expect((await system.deadLetters(topic, "g")).messages).toMatchObject([{ originOffset: 0, attempts: 2 }]);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, deadLettered: 1 });
  });

  story("a message may die and be redriven again and again, also in order", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "partition" });
    await system.publish(topic, messagesOf(numbered(3)));
    await consume(system, topic, "other", 3);
    for (let round = 0; round < 3; round += 1) {
      const lease = await receiveOne(system, topic, "g", { maxMessages: round === 0 ? 3 : 1 });
      expect(lease.messages[0]).toMatchObject({ offset: 0, attempt: 1 });
      await system.settle(topic, "g", lease.id, {
        deadLetter: [{ offset: 0, reason: `round ${round}` }],
        ack: "all",
      });
      const { messages } = await system.deadLetters(topic, "g");
      expect(messages).toMatchObject([
        { offset: round, originOffset: 0, attempts: 1, reason: `round ${round}` },
      ]);
      expect(await system.redrive(topic, "g", { messages: [{ partition: 0, offset: round }] })).toEqual({
        redriven: 1,
      });
    }
    expect(values(await consume(system, topic, "g", 1))).toEqual(["m0"]);
    expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, deadLettered: 3 });
  });

  for (const [name, mode] of Object.entries(groupModes)) {
    story(
      `others pass over what was appended for one group alone, ${name}`,
      {},
      async ({ system, topic }) => {
        for (const group of ["g", "other"]) await system.putGroup(topic, group, mode);
        await bury(system, topic, 1, 2);
        await consume(system, topic, "other", 2);
        await losesAll(system, topic);
        await system.publish(topic, messagesOf(["before"]));
        expect(await system.redrive(topic, "g", { all: true })).toEqual({ redriven: 2 });
        await system.publish(topic, messagesOf(["after", "last"]));
        // Whoever acknowledges what it was given, by name, is given each once.
        const seen: (string | null)[] = [];
        while (seen.length < 3) {
          const { id, messages } = await receiveOne(system, topic, "other");
          seen.push(...values(messages));
          const ack = messages.map(({ offset }) => offset);
          expect(await system.settle(topic, "other", id, { ack })).toMatchObject({
            acked: ack.length,
            released: 0,
          });
        }
        expect(seen).toEqual(["before", "after", "last"]);
        expect(await peek(system, topic, "other")).toEqual([]);
        expect(await system.describeGroup(topic, "other")).toMatchObject({
          lag: 0,
          retrying: 0,
          inFlight: 0,
        });
        expect(values(await consume(system, topic, "g", 5))).toEqual(["before", "m0", "m1", "after", "last"]);
      },
    );
  }

  story("a dead-letter log is not a topic to write", {}, async ({ system, topic }) => {
    await bury(system, topic, 1, 1);
    const log = `${topic}.g.dlq`;
    await expectRefusedSomehow(system.putTopic(log), ["INVALID", "NOT_SUPPORTED"]);
    await expectRefusedSomehow(system.publish(log, messagesOf(["a"])), ["INVALID", "NOT_SUPPORTED"]);
    await expectRefusedSomehow(system.deleteTopic(log), ["INVALID", "NOT_SUPPORTED"]);
    await expectRefusal(system.read(`${topic}x.g.dlq`, 0, { from: "earliest" }), { code: "TOPIC_NOT_FOUND" });
    await system.deleteGroup(topic, "g");
    await system.putGroup(topic, "g");
    expect((await system.deadLetters(topic, "g")).messages).toEqual([]);
  });
};

/** Publishes so many messages to each partition and dead-letters them all. */
async function bury(system: System, topic: string, partitions: number, each: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1)
    await system.publish(topic, messagesOf(numbered(each), partition));
  for (const lease of await receiveLeases(system, topic, "g", partitions * each)) {
    const deadLetter = lease.messages.map(({ offset }) => ({ offset, reason: "test" }));
    expect(await system.settle(topic, "g", lease.id, { deadLetter })).toMatchObject({ deadLettered: each });
  }
}

/** Makes the log lose everything that it has; afterwards it keeps what comes. */
async function losesAll(system: System, topic: string): Promise<void> {
  await system.putTopic(topic, { retention: { ms: 100 } });
  await eventually("the log has lost everything", async () => {
    await system.housekeep();
    const { partitionStates } = await system.describeTopic(topic);
    return partitionStates.every(({ messages }) => messages === 0);
  });
  await system.putTopic(topic, { retention: { ms: null } });
}
