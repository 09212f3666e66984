import { expect } from "vitest";
import { consume, heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, values } from "../text.ts";

/** Messages whose values begin with their keys: `a1` has the key `a`. */
function keyed(texts: readonly string[], partition = 0) {
  return texts.map((text) => ({ key: bytes(text[0]!), value: bytes(text), partition }));
}

/** Groups with `ordering: "key"`. */
export const lanes: Area = ({ story }) => {
  story("while messages of a key are out, others go and it does not", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "key" });
    await system.publish(topic, keyed(["a1", "b1", "a2", "b2", "c1"]));
    const other = await system.connect();
    const first = await receiveOne(system, topic, "g", { maxMessages: 1 });
    expect(values(first.messages)).toEqual(["a1"]);
    const rest = await receiveOne(other, topic, "g");
    expect(values(rest.messages)).toEqual(["b1", "b2", "c1"]);
    expect(await peek(other, topic, "g")).toEqual([]);
    expect(await system.settle(topic, "g", first.id, { release: [0] })).toMatchObject({ released: 1 });
    const again = await receiveOne(other, topic, "g");
    expect(again.messages.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [0, 1],
      [2, 1],
    ]);
  });

  story("behind the first failure of a key nothing counts, and others do", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "key", backoff: { initialMs: 1 } });
    await system.publish(topic, keyed(["a1", "b1", "a2", "b2", "a3"]));
    const lease = await receiveOne(system, topic, "g");
    const outcome = { ack: [0, 1, 3, 4], retry: [{ offset: 2, delayMs: 1 }] };
    const counts = { acked: 3, retried: 1, released: 1, deadLettered: 0 };
    expect(await system.settle(topic, "g", lease.id, outcome)).toEqual(counts);
    expect(await system.settle(topic, "g", lease.id, outcome)).toEqual(counts);
    await expectRefusal(system.settle(topic, "g", lease.id, { ack: "all" }), { code: "LEASE_LOST" });
    const again = await consume(system, topic, "g", 2);
    expect(again.map(({ offset, attempt }) => [offset, attempt])).toEqual([
      [2, 2],
      [4, 1],
    ]);
    expect((await system.describeGroup(topic, "g")).partitions).toMatchObject([{ committed: 5, acked: 5 }]);
  });

  story("many consumers keep the order of each key", { partitions: 2 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "key" });
    const keys = ["a", "b", "c", "d", "e"];
    const numbers = Array.from({ length: 30 }, (_, number) => number);
    for (const partition of [0, 1]) {
      const mine = keys.filter((_, index) => index % 2 === partition);
      const texts = numbers.flatMap((number) => mine.map((key) => `${key}${number}`));
      await system.publish(topic, keyed(texts, partition));
    }
    const got: string[] = [];
    const workers = await Promise.all(Array.from({ length: 4 }, () => system.connect()));
    const work = async (worker: typeof system) => {
      while (got.length < keys.length * numbers.length) {
        const { leases } = await worker.receive(topic, "g", { maxMessages: 7, waitMs: 200 });
        got.push(...(values(heldBy(leases)) as string[]));
        await Promise.all(leases.map(({ id }) => worker.settle(topic, "g", id, { ack: "all" })));
      }
    };
    await Promise.all(workers.map(work));
    for (const key of keys)
      expect(got.filter((text) => text.startsWith(key))).toEqual(numbers.map((number) => `${key}${number}`));
    expect(await system.describeGroup(topic, "g")).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  });

  story("extending acknowledges the front of each key", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { ordering: "key" });
    await system.publish(topic, keyed(["a1", "b1", "a2", "b2"]));
    const lease = await receiveOne(system, topic, "g");
    // a2 does not count: a1 stands before it.
    await system.extend(topic, "g", lease.id, { ack: [1, 2] });
    expect(await system.describeGroup(topic, "g")).toMatchObject({ inFlight: 3 });
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toMatchObject({ acked: 3 });
  });

  story("an order by key comes and goes while messages are held", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { maxDeliveries: 9, backoff: { initialMs: 1 } });
    await system.publish(topic, keyed(["a1", "a2", "b1", "b2", "c1", "c2"]));
    const [one] = await receiveLeases(system, topic, "g", 2, { maxMessages: 2 });
    const failed = await receiveOne(system, topic, "g", { maxMessages: 2 });
    await system.settle(topic, "g", failed.id, {});
    await system.putGroup(topic, "g", { ordering: "key" });
    expect(
      await system.settle(topic, "g", one!.id, { ack: [0], retry: [{ offset: 1, delayMs: 0 }] }),
    ).toMatchObject({ acked: 1, retried: 1 });
    const held = await receiveLeases(system, topic, "g", 3, { maxMessages: 3 });
    await system.putGroup(topic, "g", { ordering: "none" });
    for (const lease of held)
      await system.settle(topic, "g", lease.id, { ack: [lease.messages[0]!.offset], retry: [] });
    const rest = 5 - held.length;
    const seen = await consume(system, topic, "g", rest);
    expect(seen).toHaveLength(rest);
    expect(await system.describeGroup(topic, "g")).toMatchObject({
      lag: 0,
      inFlight: 0,
      retrying: 0,
      partitions: [{ acked: 6, committed: 6 }],
    });
  });
};
