import { limits } from "@tidegate/contracts";
import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, heldBy, peek, receiveLeases } from "../consume.ts";
import { expectRefusal, placesOf } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, messagesOf, text, values } from "../text.ts";

const late = (value: string, delayMs: number) => ({ value: bytes(value), delayMs });

/** Delayed messages: never early, in order of when they are due. Redis and the test share a clock here. */
export const delayed: Area = ({ story }) => {
  story(
    "a delayed message has no offset until it is due, and is never early",
    {},
    async ({ system, topic }) => {
      const sentAt = Date.now();
      const { outcomes } = await system.publish(topic, [late("a", 400)]);
      expect(outcomes).toMatchObject([{ status: "delayed", partition: 0, offset: null, duplicate: false }]);
      const early = await peek(system, topic, "early");
      const { partitionStates } = await system.describeTopic(topic);
      // On a busy machine the looks themselves may have come late.
      if (Date.now() < sentAt + 400) {
        expect(early).toEqual([]);
        expect(partitionStates).toMatchObject([{ end: 0, delayed: 1 }]);
      }
      const [held] = heldBy(await receiveLeases(system, topic, "g", 1));
      expect(Date.now()).toBeGreaterThanOrEqual(sentAt + 400);
      expect(held).toMatchObject({ offset: 0, attempt: 1 });
      expect(held!.timestamp).toBeGreaterThanOrEqual(sentAt + 400);
      expect((await system.describeTopic(topic)).partitionStates).toMatchObject([{ end: 1, delayed: 0 }]);
    },
  );

  story("the order is that of due time, then of publishing", {}, async ({ system, topic }) => {
    // Far enough off for both publishes to come before it, on a slow machine too.
    const deliverAt = Date.now() + 3_000;
    await system.publish(topic, [
      { value: bytes("c"), deliverAt: deliverAt + 80 },
      { value: bytes("a1"), deliverAt },
      { value: bytes("b"), deliverAt: deliverAt + 40 },
      { value: bytes("a2"), deliverAt },
    ]);
    await system.publish(topic, [{ value: bytes("a3"), deliverAt }, { value: bytes("now") }]);
    expect(values(await consume(system, topic, "g", 6))).toEqual(["now", "a1", "a2", "a3", "b", "c"]);
  });

  story("a time that has passed is no delay", {}, async ({ system, topic }) => {
    const messages = [0, 1, Date.now() - 1000].map((deliverAt) => ({ value: bytes("v"), deliverAt }));
    const places = placesOf(await system.publish(topic, [...messages, late("w", 0)]));
    expect(places.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
  });

  story("what is due goes before what is appended later", {}, async ({ system, topic }) => {
    await system.publish(topic, [late("due", 50)]);
    const dueAt = Date.now() + 50;
    await eventually("it is due", () => Date.now() > dueAt);
    expect(placesOf(await system.publish(topic, messagesOf(["later"])))).toMatchObject([{ offset: 1 }]);
    expect(values((await system.read(topic, 0, { from: 0 })).messages)).toEqual(["due", "later"]);
  });

  story("housekeeping moves what is due when nobody asks", { partitions: 3 }, async ({ system, topic }) => {
    const messages = [0, 1, 2].map((partition) => ({ ...late(`p${partition}`, 50), partition }));
    await system.publish(topic, messages);
    await eventually("all are in the log", async () => {
      await system.housekeep();
      return (await system.describeTopic(topic)).partitionStates.every(({ end }) => end === 1);
    });
    expect(text((await system.read(topic, 2, { from: 0 })).messages[0]!.value)).toBe("p2");
  });

  story(
    "a message keeps its key's partition and its headers over the delay",
    { partitions: 7 },
    async (stage) => {
      const { system, topic } = stage;
      const key = bytes("foobar");
      const headers = [{ key: "h", value: bytes("1") }];
      const { outcomes } = await system.publish(topic, [{ ...late("v", 50), key, headers }]);
      const [held] = await consume(system, topic, "g", 1);
      expect(outcomes).toMatchObject([{ partition: held!.partition }]);
      expect(placesOf(await system.publish(topic, [{ key, value: null }]))).toMatchObject([
        { partition: held!.partition },
      ]);
      expect([text(held!.key), text(held!.headers[0]!.value)]).toEqual(["foobar", "1"]);
    },
  );

  story("delays outside the limits are refused", {}, async ({ system, topic }) => {
    const refused = async (message: object, field: string, limit?: number) =>
      expectRefusal(system.publish(topic, [{ value: bytes("v") }, { value: bytes("v"), ...message }]), {
        code: "INVALID",
        field: `messages[1].${field}`,
        ...(limit !== undefined && { limit }),
      });
    await refused({ delayMs: limits.delayMs + 1 }, "delayMs", limits.delayMs);
    await refused({ delayMs: -1 }, "delayMs");
    await refused({ delayMs: 1.5 }, "delayMs");
    await refused({ delayMs: Number.NaN }, "delayMs");
    await refused({ deliverAt: Date.now() + limits.delayMs + 60_000 }, "deliverAt");
    await refused({ deliverAt: -1 }, "deliverAt");
    await refused({ delayMs: 1, deliverAt: 1 }, "deliverAt");
    expect((await system.describeTopic(topic)).partitionStates).toMatchObject([{ end: 0, delayed: 0 }]);
  });
};
