import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { heldBy, peek, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, messagesOf, numbered, values } from "../text.ts";

/** Messages whose values begin with their keys: `a1` has the key `a`. */
function keyed(texts: readonly string[], partition = 0) {
  return texts.map((text) => ({ key: bytes(text[0]!), value: bytes(text), partition }));
}

/** Rate, concurrency, limits by key, and their change while messages flow. */
export const flow: Area = ({ story }) => {
  story("a concurrency holds over consumers and partitions", { partitions: 3 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { concurrency: 4 });
    for (const partition of [0, 1, 2]) await system.publish(topic, messagesOf(numbered(5), partition));
    const other = await system.connect();
    const mine = await receiveLeases(system, topic, "g", 4);
    expect(await peek(other, topic, "g")).toEqual([]);
    expect(await system.flow(topic, "g")).toMatchObject({
      settings: { rate: null, concurrency: 4, perKey: null },
      pin: null,
      inFlight: 4,
      heldUntil: null,
      window: { full: false, blockedBy: null },
    });
    const [first] = mine;
    const waiting = other.receive(topic, "g", { waitMs: 20_000 });
    await system.settle(topic, "g", first!.id, { ack: "all" });
    expect(heldBy((await waiting).leases)).toHaveLength(first!.messages.length);
  });

  story("a rate gives its burst, then one message at a time", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { rate: { limit: 1, intervalMs: 400, burst: 3 } });
    await system.publish(topic, messagesOf(numbered(6)));
    const startedAt = Date.now();
    expect(heldBy(await receiveLeases(system, topic, "g", 3))).toHaveLength(3);
    expect((await receiveOne(system, topic, "g")).messages).toHaveLength(1);
    // Five permits: three at once, the others no sooner than this.
    await receiveLeases(system, topic, "g", 1);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(790);
    // What flow control holds back spends no attempt.
    const [last] = heldBy(await receiveLeases(system, topic, "g", 1));
    expect(last).toMatchObject({ offset: 5, attempt: 1 });
  });

  story("what is released gives its permits back", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { rate: { limit: 2, intervalMs: 86_400_000 } });
    await system.publish(topic, messagesOf(numbered(3)));
    for (let round = 0; round < 3; round += 1) {
      const lease = await receiveOne(system, topic, "g");
      expect(values(lease.messages)).toEqual(["m0", "m1"]);
      await system.settle(topic, "g", lease.id, { release: [0, 1] });
    }
    const lease = await receiveOne(system, topic, "g");
    await system.settle(topic, "g", lease.id, { ack: "all" });
    expect(await peek(system, topic, "g")).toEqual([]);
    await system.changeFlow(topic, "g", { reset: true });
    expect(values(await peek(system, topic, "g"))).toEqual(["m2"]);
  });

  story("limits by key, a paused key and a pinned one", { partitions: 2 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { perKey: { concurrency: 1 } });
    await system.publish(topic, keyed(["a1", "a2", "b1", "b2", "b3"], 0));
    await system.publish(topic, keyed(["c1", "c2"], 1));
    await system.changeFlow(topic, "g", {
      keys: [
        { key: "a", paused: true },
        { key: "b", pin: { concurrency: 2 } },
      ],
    });
    const held = heldBy(await receiveLeases(system, topic, "g", 3));
    expect(values(held).sort()).toEqual(["b1", "b2", "c1"]);
    expect(await peek(system, topic, "g")).toEqual([]);
    const { keys } = await system.flow(topic, "g");
    expect(keys).toMatchObject([
      { key: "a", waiting: 2, inFlight: 0, paused: true, pin: null, mayGoAt: null },
      { key: "b", waiting: 1, inFlight: 2, paused: false, pin: { concurrency: 2 } },
      { key: "c", waiting: 1, inFlight: 1, paused: false, pin: null },
    ]);
    await system.changeFlow(topic, "g", {
      keys: [
        { key: "a", paused: false },
        { key: "b", pin: null },
      ],
    });
    expect(values(await peek(system, topic, "g"))).toEqual(["a1"]);
    const after = (await system.flow(topic, "g")).keys;
    expect(after.every(({ paused, pin }) => !paused && pin === null)).toBe(true);
  });

  story("a pin overrides the settings until it is taken away", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { concurrency: 1 });
    await system.publish(topic, messagesOf(numbered(9)));
    expect(await system.changeFlow(topic, "g", { pin: { concurrency: 3 } })).toMatchObject({
      settings: { concurrency: 1 },
      pin: { concurrency: 3 },
      effective: { concurrency: 3, rate: null },
    });
    expect(await peek(system, topic, "g")).toHaveLength(3);
    await system.putGroup(topic, "g", { concurrency: 2 });
    expect((await system.flow(topic, "g")).effective.concurrency).toBe(3);
    await system.changeFlow(topic, "g", { pin: { concurrency: null } });
    expect(await peek(system, topic, "g")).toHaveLength(6);
    const { pin, effective } = await system.changeFlow(topic, "g", { pin: null });
    expect([pin, effective.concurrency]).toEqual([null, 2]);
  });

  story("a group on ranges that is given a limit keeps what it holds", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(6)));
    const lease = await receiveOne(system, topic, "g", { maxMessages: 2 });
    const changed = await system.changeFlow(topic, "g", { concurrency: 3 });
    expect(changed).toMatchObject({ settings: { concurrency: 3 } });
    expect(values(await peek(system, topic, "g"))).toEqual(["m2", "m3", "m4"]);
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toMatchObject({ acked: 2 });
    await eventually("all but what is held is done", async () => {
      return (await system.describeGroup(topic, "g")).partitions[0]!.committed === 2;
    });
  });

  story("a full window is told, with the key that fills it", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { perKey: { concurrency: 1 } });
    await system.publish(topic, keyed(["a1"]));
    await system.changeFlow(topic, "g", { keys: [{ key: "a", paused: true }] });
    expect(await peek(system, topic, "g")).toEqual([]);
    const { window } = await system.flow(topic, "g");
    expect(window).toMatchObject({ parked: 1, full: false, blockedBy: null });
    expect(window.limit).toBeGreaterThanOrEqual(10_000);
  });

  story("bad changes change nothing", {}, async ({ system, topic }) => {
    const wrong = (change: unknown) => system.changeFlow(topic, "g", change as never);
    await system.putGroup(topic, "g", { concurrency: 5 });
    const invalid = (field: string) => ({ code: "INVALID", field }) as const;
    await expectRefusal(wrong({ concurrency: 0 }), invalid("concurrency"));
    await expectRefusal(wrong({ rate: { limit: 0, intervalMs: 1 } }), invalid("rate.limit"));
    await expectRefusal(
      wrong({ pin: { rate: { limit: 1, intervalMs: 0 } } }),
      invalid("pin.rate.intervalMs"),
    );
    await expectRefusal(
      wrong({ keys: [{ key: "a", pin: { concurrency: 0 } }] }),
      invalid("keys[0].pin.concurrency"),
    );
    const many = Array.from({ length: 101 }, (_, index) => ({ key: `k${index}`, paused: true }));
    await expectRefusal(wrong({ keys: many }), invalid("keys"));
    await expectRefusal(system.flow(topic, "nobody"), { code: "GROUP_NOT_FOUND" });
    await expectRefusal(system.changeFlow(topic, "nobody", { concurrency: 1 }), { code: "GROUP_NOT_FOUND" });
    await system.putGroup(topic, "plain");
    await expectRefusal(
      system.changeFlow(topic, "plain", { keys: [{ key: "a", paused: true }] }),
      invalid("keys"),
    );
    expect((await system.flow(topic, "g")).effective).toMatchObject({ rate: null, concurrency: 5 });
    expect((await system.describeGroup(topic, "plain")).pin).toBeNull();
  });
};
