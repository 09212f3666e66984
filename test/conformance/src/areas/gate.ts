import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume, receiveLeases, receiveOne } from "../consume.ts";
import { expectRefusal, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { Published, System } from "../system.ts";
import { bytes, messagesOf, numbered, text } from "../text.ts";

const together = { placement: "together", partitions: 4 } as const;
const buy = (buyer: string) => ({ key: bytes(buyer), value: bytes(buyer), idempotencyKey: buyer });
const count = (all: readonly string[], wanted: string) => all.filter((verdict) => verdict === wanted).length;

/** The gate: stock, limits by key and credit. */
export const gate: Area = ({ story, can }) => {
  story(
    "16 connections at once sell exactly the stock",
    { ...together, gate: { id: "sale", stock: 100 } },
    async ({ system, topic }) => {
      const connections = await Promise.all(Array.from({ length: 16 }, () => system.connect()));
      const buyers = numbered(160, "buyer");
      // Every connection serves ten buyers of its own, and repeats those of two others meanwhile.
      const asked: { buyer: string; outcome: Published }[] = [];
      const serve = async (connection: System, index: number) => {
        const orders = [0, 1, 5].flatMap((step) =>
          buyers.slice(((index + step) % 16) * 10, ((index + step) % 16) * 10 + 10),
        );
        for (let at = 0; at < orders.length; at += 3) {
          const some = orders.slice(at, at + 3);
          const { outcomes } = await connection.publish(topic, some.map(buy));
          for (const [place, buyer] of some.entries()) asked.push({ buyer, outcome: outcomes[place]! });
        }
      };
      await Promise.all(connections.map(serve));
      const places = new Map<string, Set<string>>();
      let first = 0;
      for (const { buyer, outcome } of asked) {
        if (outcome.status === "refused") {
          expect(outcome.error.code).toBe("SOLD_OUT");
          continue;
        }
        if (!outcome.duplicate) first += 1;
        places.set(buyer, (places.get(buyer) ?? new Set()).add(`${outcome.partition}:${outcome.offset}`));
      }
      expect(first).toBe(100);
      expect(places.size).toBe(100);
      for (const seen of places.values()) expect(seen.size).toBe(1);
      const { partitionStates, gateState } = await system.describeTopic(topic);
      expect(partitionStates.reduce((sum, { messages }) => sum + messages, 0)).toBe(100);
      expect(gateState).toMatchObject({ id: "sale", admitted: 100, remaining: 0, credited: 0 });
      const sold = await consume(system, topic, "orders", 100);
      expect(new Set(sold.map(({ value }) => text(value)))).toEqual(new Set(places.keys()));
    },
  );

  story(
    "putting the same gate again in the middle of a sale changes nothing",
    { ...together, gate: { id: "sale", stock: 40 } },
    async ({ system, topic }) => {
      const connections = await Promise.all(Array.from({ length: 4 }, () => system.connect()));
      const sell = async (connection: System, index: number) => {
        const all: string[] = [];
        for (const buyer of numbered(20, `b${index}-`))
          all.push(...verdicts(await connection.publish(topic, [buy(buyer)])));
        return all;
      };
      const put = async () => {
        for (let round = 0; round < 10; round += 1) {
          expect((await system.putTopic(topic, { gate: { id: "sale", stock: 40 } })).created).toBe(false);
          await system.putTopic(topic, { retention: { bytes: 1_000_000 + round } });
        }
      };
      const [all] = await Promise.all([Promise.all(connections.map(sell)), put()]);
      expect(count(all.flat(), "ok")).toBe(40);
      expect(count(all.flat(), "SOLD_OUT")).toBe(40);
      expect((await system.describeTopic(topic)).gateState).toMatchObject({
        admitted: 40,
        remaining: 0,
        refused: 40,
      });
    },
  );

  story(
    "stock under the same id may grow; a new id starts anew; no gate lets all pass",
    { gate: { id: "one", stock: 1 } },
    async ({ system, topic }) => {
      const ask = async (name: string) => verdicts(await system.publish(topic, numbered(3, name).map(buy)));
      expect(await ask("a")).toEqual(["ok", "SOLD_OUT", "SOLD_OUT"]);
      await system.putTopic(topic, { gate: { id: "one", stock: 3 } });
      expect(await ask("b")).toEqual(["ok", "ok", "SOLD_OUT"]);
      await system.putTopic(topic, { gate: { id: "two", stock: 2 } });
      expect((await system.describeTopic(topic)).gateState).toMatchObject({
        id: "two",
        admitted: 0,
        remaining: 2,
      });
      expect(await ask("c")).toEqual(["ok", "ok", "SOLD_OUT"]);
      await system.putTopic(topic, { gate: null });
      expect(await ask("d")).toEqual(["ok", "ok", "ok"]);
      await system.putTopic(topic, { gate: { id: "two", stock: 2 } });
      expect(await ask("e")).toEqual(["SOLD_OUT", "SOLD_OUT", "SOLD_OUT"]);
      await system.putTopic(topic, { gate: { id: "none", stock: 0 } });
      expect(await ask("f")).toEqual(["SOLD_OUT", "SOLD_OUT", "SOLD_OUT"]);
    },
  );

  story(
    "a shared append answers each message for itself",
    { ...together, gate: { id: "sale", stock: 3 } },
    async ({ system, topic }) => {
      const first = await system.publish(topic, [buy("a")]);
      const mixed = [
        buy("a"),
        buy("b"),
        { ...buy("a"), value: bytes("other") },
        buy("c"),
        buy("d"),
        buy("b"),
        buy("a"),
        buy("e"),
      ];
      const answer = await system.publish(topic, mixed);
      const all = verdicts(answer);
      // Over several partitions the order of arrival is open: who of b, c, d, e came third is not.
      expect(all[0]).toBe("again");
      expect(all[2]).toBe("IDEMPOTENCY_CONFLICT");
      expect(all[6]).toBe("again");
      expect(count([all[1]!, all[3]!, all[4]!, all[7]!], "ok")).toBe(2);
      expect(all[5]).toBe(all[1] === "ok" ? "again" : "SOLD_OUT");
      expect(answer.outcomes[0]).toMatchObject({ partition: placed(first.outcomes[0]).partition, offset: 0 });
      expect((await system.describeTopic(topic)).gateState).toMatchObject({ admitted: 3, remaining: 0 });
      const again = verdicts(await system.publish(topic, mixed));
      expect(again).toEqual(all.map((verdict) => (verdict === "ok" ? "again" : verdict)));
    },
  );

  story(
    "publishes that share an append are answered each for itself",
    { gate: { id: "sale", stock: 20 } },
    async ({ system, topic }) => {
      await system.publish(topic, numbered(5, "first").map(buy));
      // All leave at once: those of one connection join in few calls.
      const asked = [
        ...numbered(5, "first").map((buyer) => [buy(buyer)]),
        ...numbered(5, "first").map((buyer) => [{ ...buy(buyer), value: bytes("other") }]),
        ...numbered(20, "new").map((buyer) => [buy(buyer), buy(buyer)]),
        ...numbered(20, "new").map((buyer) => [buy(buyer)]),
      ];
      const answers = await Promise.all(asked.map((messages) => system.publish(topic, messages)));
      const all = answers.map(verdicts);
      expect(all.slice(0, 5)).toEqual(all.slice(0, 5).map(() => ["again"]));
      expect(all.slice(5, 10)).toEqual(all.slice(5, 10).map(() => ["IDEMPOTENCY_CONFLICT"]));
      let sold = 0;
      for (let index = 0; index < 20; index += 1) {
        const verdictsOfOne = [...all[10 + index]!, ...all[30 + index]!].sort();
        if (verdictsOfOne.includes("ok")) sold += 1;
        expect([
          ["SOLD_OUT", "SOLD_OUT", "SOLD_OUT"],
          ["again", "again", "ok"],
        ]).toContainEqual(verdictsOfOne);
      }
      expect(sold).toBe(15);
    },
  );

  story(
    "in one partition stock goes in order",
    { gate: { id: "sale", stock: 2 } },
    async ({ system, topic }) => {
      const answer = await system.publish(topic, [
        buy("a"),
        buy("a"),
        buy("b"),
        buy("c"),
        buy("b"),
        { value: bytes("anyone") },
      ]);
      expect(verdicts(answer)).toEqual(["ok", "again", "ok", "SOLD_OUT", "again", "SOLD_OUT"]);
    },
  );

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
    "stock is taken when a delayed message is published",
    { gate: { id: "sale", stock: 1 } },
    async ({ system, topic }) => {
      expect(verdicts(await system.publish(topic, [{ ...buy("a"), delayMs: 300 }, buy("b")]))).toEqual([
        "ok",
        "SOLD_OUT",
      ]);
      expect(await consume(system, topic, "g", 1)).toHaveLength(1);
      expect((await system.describeTopic(topic)).gateState).toMatchObject({ admitted: 1, remaining: 0 });
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

  story(
    "a message may take several units of stock, where that can be said",
    { gate: { id: "sale", stock: 5 } },
    async ({ system, topic }) => {
      const take = (buyer: string, stockUnits: number) => ({ ...buy(buyer), stockUnits });
      if (!can.stockUnits) {
        await expectRefusal(system.publish(topic, [take("a", 3)]), {
          code: "INVALID",
          field: "messages[0].stockUnits",
        });
        return;
      }
      const answer = await system.publish(topic, [
        take("a", 3),
        take("b", 3),
        take("c", 2),
        take("d", 1),
        take("e", 0),
      ]);
      expect(verdicts(answer)).toEqual(["ok", "SOLD_OUT", "ok", "SOLD_OUT", "ok"]);
      expect(await system.credit(topic, placed(answer.outcomes[0]).receipt)).toEqual({
        credited: true,
        admitted: 2,
      });
      for (const stockUnits of [-1, 1.5, Number.NaN])
        await expectRefusal(system.publish(topic, [take("x", stockUnits)]), {
          code: "INVALID",
          field: "messages[0].stockUnits",
        });
    },
  );

  story(
    "an exact gate over several partitions wants them together",
    { partitions: 2 },
    async ({ system, topic }) => {
      const before = await system.describeTopic(topic);
      const id = "sale";
      for (const gate of [
        { id, stock: 1 },
        { id, perKey: { limit: 1, windowMs: null } },
        { id, capacity: 1 },
      ])
        await expectRefusal(system.putTopic(topic, { gate }), { code: "INVALID", field: "gate" });
      expect(await system.describeTopic(topic)).toEqual(before);
    },
  );
};

function placed(outcome: Published | undefined): Exclude<Published, { status: "refused" }> {
  if (outcome === undefined || outcome.status === "refused")
    throw new Error(`was refused: ${outcome?.error.code}`);
  return outcome;
}
