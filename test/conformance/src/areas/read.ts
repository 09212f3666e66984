import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { messagesOf, numbered, values } from "../text.ts";

/** Reading a partition without a group. */
export const read: Area = ({ story }) => {
  story("from an offset, from the ends, and no further than the limit", {}, async ({ system, topic }) => {
    const sent = numbered(10);
    await system.publish(topic, messagesOf(sent.slice(0, 6)));
    await system.publish(topic, messagesOf(sent.slice(6)));
    const from = async (position: number | "earliest" | "latest", limit?: number) => {
      const answer = await system.read(topic, 0, { from: position, ...(limit !== undefined && { limit }) });
      expect(answer).toMatchObject({ start: 0, end: 10 });
      return [values(answer.messages), answer.nextOffset];
    };
    expect(await from("earliest")).toEqual([sent, 10]);
    expect(await from(0, 4)).toEqual([sent.slice(0, 4), 4]);
    expect(await from(4, 4)).toEqual([sent.slice(4, 8), 8]);
    expect(await from(9)).toEqual([["m9"], 10]);
    expect(await from(10)).toEqual([[], 10]);
    expect(await from("latest")).toEqual([[], 10]);
  });

  story("page by page over many batches, nothing is missed or repeated", {}, async ({ system, topic }) => {
    const sent: string[] = [];
    for (const size of [1, 2, 700, 1, 999, 40]) {
      const batch = numbered(size, `${size}-`);
      await system.publish(topic, messagesOf(batch));
      sent.push(...batch);
    }
    const got: (string | null)[] = [];
    for (let from = 0; from < sent.length; ) {
      const { messages, nextOffset } = await system.read(topic, 0, { from, limit: 333 });
      expect(messages.map(({ offset }) => offset)).toEqual(messages.map((_, index) => from + index));
      got.push(...values(messages));
      from = nextOffset;
    }
    expect(got).toEqual(sent);
  });

  story("from a time: the first message that is not older", {}, async ({ system, topic }) => {
    const times: number[] = [];
    for (const round of numbered(4)) {
      await system.publish(topic, messagesOf([round, `${round}+`]));
      const { messages } = await system.read(topic, 0, { from: times.length * 2 });
      const { timestamp } = messages[0]!;
      times.push(timestamp);
      await eventually("the clock moves on", () => Date.now() > timestamp);
    }
    for (const [index, time] of times.entries()) {
      const { messages } = await system.read(topic, 0, { from: { time } });
      expect(messages[0]!.offset).toBe(index * 2);
      const after = await system.read(topic, 0, { from: { time: time + 1 } });
      expect(after.messages[0]?.offset ?? after.end).toBe((index + 1) * 2);
    }
    expect((await system.read(topic, 0, { from: { time: 0 } })).messages).toHaveLength(8);
    expect(await system.read(topic, 0, { from: { time: Date.now() + 60_000 } })).toMatchObject({
      messages: [],
      nextOffset: 8,
    });
  });

  story("an empty partition is read empty", { partitions: 2 }, async ({ system, topic }) => {
    for (const from of ["earliest", "latest", 0, { time: 0 }] as const) {
      const answer = await system.read(topic, 1, { from });
      expect(answer).toEqual({ messages: [], nextOffset: 0, start: 0, end: 0 });
    }
  });

  story("what lies outside is refused by name", { partitions: 2 }, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"], 0));
    const outside = { code: "OFFSET_OUT_OF_RANGE", field: "from", limit: 1 } as const;
    await expectRefusal(system.read(topic, 0, { from: 2 }), outside);
    await expectRefusal(system.read(topic, 0, { from: 1e15 }), outside);
    await expectRefusal(system.read(topic, 2, { from: 0 }), {
      code: "PARTITION_NOT_FOUND",
      field: "partition",
      limit: 1,
    });
    await expectRefusal(system.read(`${topic}x`, 0, { from: 0 }), { code: "TOPIC_NOT_FOUND" });
    await expectRefusal(system.read(topic, 0, { from: 0, limit: 0 }), {
      code: "INVALID",
      field: "limit",
      limit: 1,
    });
    await expectRefusal(system.read(topic, 0, { from: 0, limit: 1001 }), {
      code: "INVALID",
      field: "limit",
      limit: 1000,
    });
  });
};
