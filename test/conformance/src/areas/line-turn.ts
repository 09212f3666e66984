import { Client, isPromisedSeed, type LineView } from "@tidegate/client";
import { expect } from "vitest";
import { consume } from "../consume.ts";
import type { Area } from "../story.ts";

const settings = { partitions: 1, gate: { id: "sale", stock: 3 } } as const;

/** What the client does for a visitor: it waits for his turn, and can check that the order was not chosen. */
export const lineTurn: Area = ({ story }) => {
  story("visitors wait for their turn in the client", settings, async ({ system, topic, http }) => {
    await system.putGroup(topic, "orders");
    const startsAt = Date.now() + 1_500;
    await system.putLine(topic, { id: "l", startsAt, ordersGroup: "orders", maxLag: 1, heartbeatMs: 2_000 });
    const line = new Client({ url: http!.url }).line(topic);
    const seen: LineView[] = [];
    const bought: number[] = [];
    const visit = async () => {
      const joined = await line.join();
      const { admission, place } = await line.turn(joined, {
        pollMs: 1_000,
        onView: (view) => seen.push(view),
      });
      await system.publishAsVisitor(topic, { value: Buffer.from("order") }, admission);
      bought.push(place);
      await consume(system, topic, "orders", 1);
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, visit));
    expect(bought).toEqual([0, 1, 2]);
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason.code] : [],
    );
    expect(refused).toEqual(["SOLD_OUT"]);
    // On a slow machine nobody may have looked before it began.
    for (const view of seen) {
      expect(view.seed === null).toBe(view.state === "open");
      expect(await isPromisedSeed(view)).toBe(view.state === "open" ? null : true);
    }
    expect(await isPromisedSeed(seen.at(-1)!)).toBe(true);
    expect(await isPromisedSeed({ ...seen.at(-1)!, seed: "00".repeat(16) })).toBe(false);
  });

  story(
    "a wait is ended by its signal, and a place is found again by its token",
    settings,
    async ({ system, topic, http }) => {
      await system.putGroup(topic, "orders");
      await system.putLine(topic, { id: "l", startsAt: Date.now() + 3_600_000, ordersGroup: "orders" });
      const line = new Client({ url: http!.url }).line(topic);
      const joined = await line.join();
      expect(await line.join({ visitor: joined.visitor })).toEqual(joined);
      const stopping = new AbortController();
      const turn = line.turn(joined, {
        signal: stopping.signal,
        onView: () => stopping.abort(new Error("enough")),
      });
      await expect(turn).rejects.toThrow("enough");
    },
  );
};
