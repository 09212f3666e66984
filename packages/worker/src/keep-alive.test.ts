import { once } from "node:events";
import { expect, test } from "vitest";
import { gate, numberOf, Tally, told, workshop } from "./fixtures/workshop.ts";

test("a lease outlives its deadline while its handler runs", async () => {
  const shop = await workshop({ group: { leaseMs: 200 } });
  await shop.publish(3);
  const attempts = new Tally<number>();
  let extended = 0;
  const worker = shop.worker({
    async batchHandler(messages, { leaseId }) {
      attempts.add(...messages.map(({ attempt }) => attempt));
      // Each extend is at least a quarter of the lease after the one before: six are past the deadline.
      while (extended < 6) {
        const [lease] = await told(worker, "extended");
        if (lease.leaseId === leaseId) extended += 1;
      }
    },
  });
  const settled = told(worker, "settled");
  await worker.start();
  expect((await settled)[0]).toMatchObject({ acked: 3 });
  expect(attempts.seen).toEqual([1, 1, 1]);
});

test("an extend acknowledges what is done so far", async () => {
  const shop = await workshop({ group: { leaseMs: 200 } });
  await shop.publish(5);
  const last = gate();
  const worker = shop.worker({
    concurrency: 2,
    handler: async (message) => {
      if (numberOf(message) === 2) await last.opened;
    },
  });
  await worker.start();
  await told(worker, "extended");
  await told(worker, "extended");
  expect((await shop.describe()).partitions[0]).toMatchObject({ inFlight: 2, acked: 3, committed: 2 });
  last.open();
  expect((await told(worker, "settled"))[0]).toMatchObject({ acked: 2 });
  expect((await shop.describe()).partitions[0]).toMatchObject({ acked: 5, committed: 5 });
});

test("waiting leases are kept alive as well", async () => {
  const shop = await workshop({ group: { leaseMs: 200 } });
  await shop.publish(3);
  const first = gate();
  const seen = new Tally<[number, number]>();
  const worker = shop.worker({
    maxMessages: 1,
    async handler(message) {
      seen.add([numberOf(message), message.attempt]);
      if (numberOf(message) === 0) await first.opened;
    },
  });
  const extended = new Map<string, number>();
  const bothOutlived = told(worker, "extended", ({ leaseId }) => {
    extended.set(leaseId, (extended.get(leaseId) ?? 0) + 1);
    return extended.size === 2 && Math.min(...extended.values()) >= 6;
  });
  await worker.start();
  await bothOutlived;
  first.open();
  await seen.reaches(3);
  expect(seen.seen).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
});

test("a lost lease aborts its handler, and nothing of it is settled", async () => {
  const shop = await workshop({ group: { leaseMs: 200 } });
  await shop.publish(2);
  const taken = gate();
  const reasons: unknown[] = [];
  const seen = new Tally<number>();
  const worker = shop.worker({
    async handler(message, { signal }) {
      seen.add(numberOf(message));
      if (seen.seen.length > 1) return;
      taken.open();
      await once(signal, "abort");
      reasons.push(signal.reason);
      throw signal.reason;
    },
  });
  const failures: unknown[] = [];
  worker.on("failed", (failure) => failures.push(failure));
  await worker.start();
  await taken.opened;
  const lost = told(worker, "lease-lost");
  await shop.engine.groups.seek(shop.topic, shop.group, "earliest");
  expect((await lost)[0]).toMatchObject({ partition: 0, messages: 2, error: { code: "LEASE_LOST" } });
  await seen.reaches(3);
  expect(reasons).toMatchObject([{ code: "LEASE_LOST" }]);
  expect(seen.seen).toEqual([0, 0, 1]);
});
