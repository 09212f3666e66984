import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, receiveLeases, receiveOne } from "../consume.ts";
import { placed, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, messagesOf, numbered } from "../text.ts";

const together = { placement: "together", partitions: 4 } as const;
const buy = (buyer: string) => ({ key: bytes(buyer), value: bytes(buyer), idempotencyKey: buyer });
const count = (all: readonly string[], wanted: string) => all.filter((verdict) => verdict === wanted).length;

/** The gate: limits by key, capacity, and credit. */
export const gateLimits: Area = ({ story }) => {
  story(
    "a limit by key, for ever or in a window",
    { ...together, gate: { id: "fair", perKey: { limit: 2, windowMs: null } } },
    async ({ system, topic }) => {
      const ask = async (...keys: string[]) =>
        verdicts(
          await system.publish(
            topic,
            keys.map((key) => ({ key: bytes(key), value: bytes("v") })),
          ),
        );
      expect(await ask("a", "a", "a", "b")).toEqual(["ok", "ok", "KEY_LIMIT", "ok"]);
      expect(await ask("a", "b", "b", "c")).toEqual(["KEY_LIMIT", "ok", "KEY_LIMIT", "ok"]);
      // Who has no key has no limit.
      expect(
        verdicts(
          await system.publish(
            topic,
            numbered(4).map((value) => ({ value: bytes(value) })),
          ),
        ),
      ).toEqual(["ok", "ok", "ok", "ok"]);
      await system.putTopic(topic, { gate: { id: "window", perKey: { limit: 1, windowMs: 2000 } } });
      const startedAt = Date.now();
      const two = await ask("a", "a");
      expect(two).toEqual(["ok", "KEY_LIMIT"]);
      await eventually("the window has passed", async () => (await ask("a"))[0] === "ok");
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2000);
    },
  );

  story(
    "who is refused takes nothing of the other limits",
    { gate: { id: "both", stock: 3, perKey: { limit: 1, windowMs: null } } },
    async ({ system, topic }) => {
      const ask = async (key: string, idempotencyKey: string) =>
        verdicts(await system.publish(topic, [{ key: bytes(key), value: bytes("v"), idempotencyKey }]))[0];
      expect(await ask("a", "1")).toBe("ok");
      expect(await ask("a", "2")).toBe("KEY_LIMIT");
      expect(await ask("a", "1")).toBe("again");
      expect(await ask("b", "3")).toBe("ok");
      expect(await ask("c", "4")).toBe("ok");
      expect(await ask("d", "5")).toBe("SOLD_OUT");
      await system.putTopic(topic, { gate: { id: "both", stock: 4, perKey: { limit: 1, windowMs: null } } });
      expect(await ask("d", "5")).toBe("ok");
      expect((await system.describeTopic(topic)).gateState).toMatchObject({
        admitted: 4,
        refused: 2,
        remaining: 0,
      });
    },
  );

  story(
    "capacity counts what waits in all partitions, delayed messages too",
    { ...together, gate: { id: "line", capacity: 10 } },
    async ({ system, topic }) => {
      await system.putGroup(topic, "g");
      const ask = async (name: string, size: number, delayMs?: number) =>
        verdicts(
          await system.publish(
            topic,
            numbered(size, name).map((value) => ({
              key: bytes(value),
              value: bytes(value),
              ...(delayMs && { delayMs }),
            })),
          ),
        );
      expect(count(await ask("a", 7), "ok")).toBe(7);
      expect(count(await ask("late", 2, 60_000), "ok")).toBe(2);
      const all = await ask("b", 5);
      expect([count(all, "ok"), count(all, "BACKLOG_FULL")]).toEqual([1, 4]);
      expect((await system.describeTopic(topic)).gateState).toMatchObject({
        id: "line",
        backlog: 10,
        remaining: null,
      });
      const held = await receiveLeases(system, topic, "g", 8);
      expect(await ask("c", 1)).toEqual(["BACKLOG_FULL"]);
      for (const { id } of held) await system.settle(topic, "g", id, { ack: "all" });
      const more = await ask("d", 12);
      expect([count(more, "ok"), count(more, "BACKLOG_FULL")]).toEqual([8, 4]);
    },
  );

  story(
    "capacity is freed by whatever ends a message, and by groups that go",
    { gate: { id: "line", capacity: 4 } },
    async ({ system, topic }) => {
      for (const group of ["g", "other"]) await system.putGroup(topic, group);
      const ask = async (size: number) => verdicts(await system.publish(topic, messagesOf(numbered(size))));
      expect(await ask(5)).toEqual(["ok", "ok", "ok", "ok", "BACKLOG_FULL"]);
      await consume(system, topic, "g", 4);
      expect(await ask(1)).toEqual(["BACKLOG_FULL"]);
      const { id } = await receiveOne(system, topic, "other");
      await system.settle(topic, "other", id, {
        deadLetter: [{ offset: 0 }],
        ack: "all",
        retry: [{ offset: 2, delayMs: 60_000 }],
      });
      expect(await ask(3)).toEqual(["ok", "ok", "BACKLOG_FULL"]);
      await system.seek(topic, "other", "latest");
      await consume(system, topic, "g", 2);
      expect(await ask(5)).toEqual(["ok", "ok", "ok", "ok", "BACKLOG_FULL"]);
      await consume(system, topic, "g", 4);
      await system.deleteGroup(topic, "other");
      expect(await ask(5)).toEqual(["ok", "ok", "ok", "ok", "BACKLOG_FULL"]);
      await system.deleteGroup(topic, "g");
      expect(await ask(1)).toEqual(["BACKLOG_FULL"]);
    },
  );

  story(
    "credit gives stock back once",
    { ...together, gate: { id: "sale", stock: 2 } },
    async ({ system, topic }) => {
      const { outcomes } = await system.publish(topic, [buy("a"), { ...buy("b"), delayMs: 60_000 }]);
      const [a, b] = outcomes.map(placed);
      expect(verdicts(await system.publish(topic, [buy("c")]))).toEqual(["SOLD_OUT"]);
      const connections = await Promise.all(Array.from({ length: 5 }, () => system.connect()));
      const answers = await Promise.all(
        connections.map((connection) => connection.credit(topic, a!.receipt)),
      );
      expect(answers.filter(({ credited }) => credited)).toHaveLength(1);
      expect(new Set(answers.map(({ admitted }) => admitted))).toEqual(new Set([1]));
      expect(await system.credit(topic, b!.receipt)).toEqual({ credited: true, admitted: 0 });
      expect(verdicts(await system.publish(topic, [buy("c"), buy("d"), buy("e")])).sort()).toEqual([
        "SOLD_OUT",
        "ok",
        "ok",
      ]);
      expect(await system.credit(topic, a!.receipt)).toEqual({ credited: false, admitted: 2 });
      expect((await system.describeTopic(topic)).gateState).toMatchObject({
        admitted: 2,
        credited: 2,
        remaining: 0,
      });
      // A receipt of a former gate is credited to that one.
      const [late] = (await system.publish(topic, [buy("c")])).outcomes.map(placed);
      await system.putTopic(topic, { gate: { id: "next", stock: 1 } });
      expect(verdicts(await system.publish(topic, [buy("f")]))).toEqual(["ok"]);
      await system.credit(topic, late!.receipt);
      expect(verdicts(await system.publish(topic, [buy("g")]))).toEqual(["SOLD_OUT"]);
    },
  );
};
