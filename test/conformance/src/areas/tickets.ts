import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, receiveOne } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { PublishAnswer, System } from "../system.ts";
import { bytes, messagesOf, numbered } from "../text.ts";

const receiptsOf = ({ outcomes }: PublishAnswer): string[] =>
  outcomes.map((outcome) => {
    if (outcome.status === "refused") throw outcome.error;
    return outcome.receipt;
  });

const done = { state: "done", position: null, etaMs: null, result: null };

/** The system once it has noticed the group. */
async function stateBecomes(system: System, receipt: string, state: string): Promise<void> {
  await eventually(`it is ${state}`, async () => (await system.ticket(receipt)).state === state);
}

/** What becomes of a message, as its ticket tells. */
export const tickets: Area = ({ story }) => {
  story("the line, the work, the end", { partitions: 3 }, async ({ system, topic }) => {
    await system.putGroup(topic, "g", { maxDeliveries: 1 });
    for (const partition of [0, 2]) {
      const receipts = receiptsOf(await system.publish(topic, messagesOf(numbered(6), partition)));
      const positions = await Promise.all(receipts.map((receipt) => system.ticket(receipt)));
      expect(positions.map(({ state, position }) => [state, position])).toEqual(
        [0, 1, 2, 3, 4, 5].map((position) => ["waiting", position]),
      );
      const lease = await receiveOne(system, topic, "g", { maxMessages: 4 });
      expect(await system.ticket(receipts[3]!)).toMatchObject({ state: "processing", position: null });
      await system.settle(topic, "g", lease.id, {
        ack: [0],
        retry: [{ offset: 1 }],
        deadLetter: [{ offset: 2, reason: "no such customer" }],
        release: [3],
      });
      expect(await system.ticket(receipts[0]!)).toEqual(done);
      // Its only attempt is spent.
      expect(await system.ticket(receipts[1]!)).toMatchObject({ state: "failed", result: null });
      expect(await system.ticket(receipts[2]!)).toMatchObject({ state: "failed", error: "no such customer" });
      expect(await system.ticket(receipts[3]!)).toMatchObject({ state: "waiting", position: 0 });
      expect(await system.ticket(receipts[5]!)).toMatchObject({ state: "waiting", position: 2 });
      await consume(system, topic, "g", 3);
      expect(await system.ticket(receipts[5]!)).toEqual(done);
      await system.redrive(topic, "g", { all: true });
      expect(await system.ticket(receipts[2]!)).toMatchObject({ state: "processing" });
      await consume(system, topic, "g", 2);
      expect(await system.ticket(receipts[2]!)).toEqual(done);
    }
  });

  story("a delayed message: when it is due, and then its line", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g");
    const before = Date.now();
    const messages = [
      { value: bytes("a"), delayMs: 3_600_000 },
      { value: bytes("b"), delayMs: 200 },
    ];
    const [far, near] = receiptsOf(await system.publish(topic, messages));
    const status = await system.ticket(far!);
    expect(status).toMatchObject({ state: "waiting", position: null, result: null });
    expect(status.dueAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(status.etaMs).toBeGreaterThan(3_500_000);
    await consume(system, topic, "g", 1);
    expect(await system.ticket(near!)).toEqual(done);
    expect(await system.ticket(far!)).toMatchObject({ state: "waiting", dueAt: status.dueAt });
  });

  story("a result is told at once, and to who waits for it", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "g");
    const [first, second] = receiptsOf(await system.publish(topic, messagesOf(numbered(2))));
    const lease = await receiveOne(system, topic, "g", { maxMessages: 2 });
    await system.putResult(topic, "g", 0, 0, { total: [1, 2.5, "drei"] });
    expect(await system.ticket(first!)).toEqual({ ...done, result: { total: [1, 2.5, "drei"] } });
    expect(await system.ticket(second!, 50)).toMatchObject({ state: "processing" });
    const waiting = system.ticket(second!, 30_000);
    await system.putResult(topic, "g", 0, 1, "there");
    expect(await waiting).toEqual({ ...done, result: "there" });
    await system.settle(topic, "g", lease.id, { ack: "all" });
    expect(await system.ticket(first!, 30_000)).toEqual({ ...done, result: { total: [1, 2.5, "drei"] } });
  });

  story("the topic names the group that its tickets speak of", {}, async ({ system, topic }) => {
    await system.putGroup(topic, "first");
    const [receipt] = receiptsOf(await system.publish(topic, messagesOf(["a"])));
    await consume(system, topic, "first", 1);
    await stateBecomes(system, receipt!, "done");
    await system.putGroup(topic, "second");
    const { topic: changed } = await system.putTopic(topic, { ticketGroup: "second" });
    expect(changed.ticketGroup).toBe("second");
    await stateBecomes(system, receipt!, "waiting");
    await consume(system, topic, "second", 1);
    await stateBecomes(system, receipt!, "done");
    for (const ticketGroup of ["", "a.b", "x".repeat(101)])
      await expectRefusal(system.putTopic(topic, { ticketGroup }), { code: "INVALID", field: "ticketGroup" });
    expect((await system.putTopic(topic, { ticketGroup: null })).topic.ticketGroup).toBeNull();
  });

  story("without a group everything waits", {}, async ({ system, topic }) => {
    const receipts = receiptsOf(await system.publish(topic, messagesOf(numbered(3))));
    expect(await system.ticket(receipts[2]!)).toEqual({
      ...{ state: "waiting", position: 2, etaMs: null, result: null },
    });
    await consume(system, topic, "g", 3);
    await stateBecomes(system, receipts[2]!, "done");
  });

  story("a topic that is gone takes its tickets along, also from one made anew", {}, async (stage) => {
    const { system, topic } = stage;
    const other = await system.connect();
    const [receipt] = receiptsOf(await system.publish(topic, messagesOf(["a"])));
    for (const each of [system, other]) expect((await each.ticket(receipt!)).state).toBe("waiting");
    await system.deleteTopic(topic);
    const gone = { code: "TOPIC_NOT_FOUND" } as const;
    for (const each of [system, other]) await expectRefusal(each.ticket(receipt!), gone);
    await system.putTopic(topic, { partitions: 1 });
    await system.publish(topic, messagesOf(["b"]));
    for (const each of [system, other]) await expectRefusal(each.ticket(receipt!, 100), gone);
  });

  story(
    "a message that met a gate has a ticket like any other",
    { gate: { id: "s", stock: 5 } },
    async (stage) => {
      const { system, topic } = stage;
      await system.putGroup(topic, "g");
      const [receipt] = receiptsOf(await system.publish(topic, messagesOf(["a"])));
      expect((await system.ticket(receipt!)).state).toBe("waiting");
      await system.credit(topic, receipt!);
      expect((await system.ticket(receipt!)).state).toBe("waiting");
      await consume(system, topic, "g", 1);
      expect(await system.ticket(receipt!)).toEqual(done);
    },
  );
};
