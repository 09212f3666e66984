import { expect } from "vitest";
import { consume } from "../consume.ts";
import { expectRefusal, placed, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { Published, System } from "../system.ts";
import { bytes, numbered, text } from "../text.ts";

const together = { placement: "together", partitions: 4 } as const;
const buy = (buyer: string) => ({ key: bytes(buyer), value: bytes(buyer), idempotencyKey: buyer });
const count = (all: readonly string[], wanted: string) => all.filter((verdict) => verdict === wanted).length;

/** The gate: exactly the stock. */
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
