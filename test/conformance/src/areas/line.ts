import { placeOf } from "@tidegate/contracts";
import { eventually } from "@tidegate/testkit";
import { expect } from "vitest";
import { consume } from "../consume.ts";
import { expectRefusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { LineVisitor, System } from "../system.ts";
import { bytes } from "../text.ts";

const gate = { id: "sale", stock: 50 };
const settings = { partitions: 4, placement: "together", gate } as const;
/** The other placement that a gate can have: one partition, under a tag of its own. */
const single = { partitions: 1, gate } as const;
const hour = 3_600_000;

async function openLine(system: System, topic: string, startsAt: number, more = {}): Promise<void> {
  await system.putGroup(topic, "orders");
  await system.putLine(topic, { id: "l", opensAt: 0, startsAt, ordersGroup: "orders", ...more });
}

const buy = (system: System, topic: string, buyer: string, admission: string | null = null) =>
  system.publishAsVisitor(
    topic,
    { key: bytes(buyer), value: bytes(buyer), idempotencyKey: buyer },
    admission,
  );

/** Waiting lines: who may publish to a gate, and when. */
export const line: Area = ({ story }) => {
  story(
    "many join at once, over many connections: numbers are dense",
    settings,
    async ({ system, topic }) => {
      await openLine(system, topic, Date.now() + hour);
      const connections = await Promise.all(Array.from({ length: 4 }, () => system.connect()));
      const joins = await Promise.all(
        Array.from({ length: 80 }, (_, n) => connections[n % 4]!.joinLine(topic, `visitor-${n % 40}`)),
      );
      const numbers = joins.map(({ number }) => number);
      expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
      for (let n = 0; n < 40; n += 1) expect(numbers[n]).toBe(numbers[n + 40]);
      expect(await system.viewLine(topic)).toMatchObject({ state: "open", joined: 40, seed: null });
      await expectRefusal(buy(system, topic, "early"), { code: "ADMISSION_REQUIRED" });
    },
  );

  story(
    "a sale through a line: everybody in turn, each once, all the stock",
    settings,
    async ({ system, topic }) => {
      await openLine(system, topic, Date.now() - 1, { maxLag: 10 });
      const visitors: LineVisitor[] = [];
      for (let n = 0; n < 60; n += 1) visitors.push(await system.joinLine(topic, `v${n}`));
      const bought: number[] = [];
      const worker = (async () => {
        while (bought.length < 50) await consume(system, topic, "orders", 1).catch(() => []);
      })();
      const shop = async (visitor: LineVisitor) => {
        const admission = await eventually(
          `the turn of ${visitor.number}`,
          async () => {
            const view = await system.viewLine(topic);
            if (view.state === "ended") return "sold out";
            if (placeOf(visitor.number, view)! >= view.serving) return undefined;
            return system.admitVisitor(topic, visitor.visitor).catch((error) => {
              if (error.code === "NOT_YOUR_TURN") return undefined;
              if (error.code === "SOLD_OUT") return "sold out";
              throw error;
            });
          },
          60_000,
        );
        if (admission === "sold out") return;
        await buy(system, topic, `v${visitor.number}`, admission);
        await expectRefusal(buy(system, topic, `again-${visitor.number}`, admission), {
          code: "ADMISSION_USED",
        });
        bought.push(visitor.number);
      };
      await Promise.all(visitors.map(shop));
      await worker;
      expect(bought.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect((await system.describeTopic(topic)).gateState).toMatchObject({ admitted: 50, remaining: 0 });
    },
  );

  story("tokens of another line, and lines that are not there", single, async ({ system, topic }) => {
    await expectRefusal(system.viewLine(topic), { code: "LINE_NOT_FOUND" });
    await expectRefusal(system.joinLine(topic, "x"), { code: "LINE_NOT_FOUND" });
    await openLine(system, topic, Date.now() - 1);
    const visitor = await system.joinLine(topic, "x");
    const admission = await system.admitVisitor(topic, visitor.visitor);
    expect(await system.heartbeat(topic, visitor.visitor)).toMatchObject({ place: 0, near: false });
    await system.putLine(topic, { id: "other", startsAt: Date.now(), ordersGroup: "orders" });
    await expectRefusal(system.admitVisitor(topic, visitor.visitor), { code: "INVALID", field: "visitor" });
    await expectRefusal(system.heartbeat(topic, visitor.visitor), { code: "INVALID", field: "visitor" });
    await expectRefusal(buy(system, topic, "ada", admission), { code: "ADMISSION_INVALID" });
    await system.deleteLine(topic);
    await buy(system, topic, "ada");
    expect((await system.describeTopic(topic)).gateState).toMatchObject({ admitted: 1 });
  });

  story("what a line cannot be made of", single, async ({ system, topic }) => {
    await system.putGroup(topic, "orders");
    const put = (more: object) =>
      system.putLine(topic, { id: "l", startsAt: 1, ordersGroup: "orders", ...more });
    await expectRefusal(put({ ordersGroup: "nobody" }), { code: "GROUP_NOT_FOUND" });
    await expectRefusal(put({ maxLag: 0 }), { code: "INVALID", field: "maxLag" });
    await expectRefusal(put({ id: "" }), { code: "INVALID", field: "id" });
    await expectRefusal(put({ opensAt: 2 }), { code: "INVALID", field: "startsAt" });
    await system.putTopic(topic, { gate: null });
    await expectRefusal(put({}), { code: "INVALID", field: "topic" });
  });
};
