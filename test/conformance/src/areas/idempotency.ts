import { expect } from "vitest";
import { consume } from "../consume.ts";
import { placesOf, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, numbered } from "../text.ts";

const order = (idempotencyKey: string, value = idempotencyKey) => ({ value: bytes(value), idempotencyKey });

/** Idempotency keys: a repeat is answered with the first one's place. */
export const idempotency: Area = ({ story }) => {
  story("a repeat has the place of the first, over any connection", { partitions: 4 }, async (stage) => {
    const { system, topic } = stage;
    const other = await system.connect();
    const messages = [order("a"), { ...order("b"), key: bytes("k") }, { ...order("c"), partition: 3 }];
    const first = await system.publish(topic, messages);
    expect(verdicts(first)).toEqual(["ok", "ok", "ok"]);
    for (const connection of [system, other]) {
      const again = await connection.publish(topic, messages);
      expect(verdicts(again)).toEqual(["again", "again", "again"]);
      expect(placesOf(again)).toEqual(placesOf(first));
    }
    expect(await consume(system, topic, "g", 3)).toHaveLength(3);
    expect((await system.describeGroup(topic, "g")).lag).toBe(0);
  });

  story("repeats within a publish and at the same time are one message", { partitions: 2 }, async (stage) => {
    const { system, topic } = stage;
    const answer = await system.publish(topic, [order("a"), order("a"), order("b"), order("a")]);
    expect(verdicts(answer)).toEqual(["ok", "again", "ok", "again"]);
    const connections = await Promise.all(Array.from({ length: 6 }, () => system.connect()));
    const answers = await Promise.all(
      connections.map((connection) =>
        connection.publish(
          topic,
          numbered(10, "x").map((key) => order(key)),
        ),
      ),
    );
    const all = answers.flatMap(verdicts);
    expect(all.filter((verdict) => verdict === "ok")).toHaveLength(10);
    expect(all.filter((verdict) => verdict === "again")).toHaveLength(50);
    for (const one of answers) expect(placesOf(one)).toEqual(placesOf(answers[0]!));
  });

  story("a key that was used with another message is a conflict", {}, async ({ system, topic }) => {
    await system.publish(topic, [
      { ...order("a", "1"), key: bytes("k"), headers: [{ key: "h", value: bytes("1") }] },
    ]);
    const others = [
      { ...order("a", "2"), key: bytes("k"), headers: [{ key: "h", value: bytes("1") }] },
      { ...order("a", "1"), key: bytes("l"), headers: [{ key: "h", value: bytes("1") }] },
      { ...order("a", "1"), key: bytes("k"), headers: [{ key: "h", value: bytes("2") }] },
      order("b"),
    ];
    const answer = await system.publish(topic, others);
    const conflict = "IDEMPOTENCY_CONFLICT";
    expect(verdicts(answer)).toEqual([conflict, conflict, conflict, "ok"]);
    expect((await system.read(topic, 0, { from: 0 })).end).toBe(2);
  });

  story("a repeat of a delayed message is the delayed one", {}, async ({ system, topic }) => {
    const late = { ...order("a"), delayMs: 60_000 };
    expect(verdicts(await system.publish(topic, [late]))).toEqual(["ok"]);
    const { outcomes } = await system.publish(topic, [late, order("a")]);
    expect(outcomes).toMatchObject([
      { status: "delayed", duplicate: true },
      { status: "delayed", duplicate: true },
    ]);
    expect((await system.describeTopic(topic)).partitionStates).toMatchObject([{ end: 0, delayed: 1 }]);
  });

  story("a repeat meets the first one after the topic grew", { partitions: 2 }, async ({ system, topic }) => {
    const messages = [
      ...numbered(8, "plain").map((key) => order(key)),
      ...numbered(8, "key").map((key) => ({ ...order(key), key: bytes(key) })),
    ];
    const first = await system.publish(topic, messages);
    await system.putTopic(topic, { partitions: 7 });
    const again = await system.publish(topic, messages);
    expect(verdicts(again)).toEqual(messages.map(() => "again"));
    expect(placesOf(again)).toEqual(placesOf(first));
    const others = messages.map((message) => ({ ...message, value: bytes("other") }));
    expect(new Set(verdicts(await system.publish(topic, others)))).toEqual(new Set(["IDEMPOTENCY_CONFLICT"]));
    const { partitionStates } = await system.describeTopic(topic);
    expect(partitionStates.reduce((sum, { end }) => sum + end, 0)).toBe(16);
  });
};
