import { describe, expect, test } from "vitest";
import { drained, gate, numberOf, Tally, told, upTo, workshop } from "./fixtures/workshop.ts";
import { deadLetter, release, retry } from "./outcome.ts";
import type { WorkerOptions } from "./worker-options.ts";

describe("in an ordered group", () => {
  test.each([
    ["synchronous message", false],
    ["asynchronous message", true],
  ])("order holds while messages fail and come again, with a %s handler", async (_name, asynchronous) => {
    const shop = await workshop({ group: { ordering: "partition", maxDeliveries: 3 } });
    await shop.publish(200);
    const done = new Tally<number>();
    const deliveries = new Map<number, number[]>();
    const handle = (number: number, attempt: number) => {
      deliveries.set(number, [...(deliveries.get(number) ?? []), attempt]);
      if (attempt === 1 && number % 20 === 3) throw new Error("not yet");
      if (attempt === 1 && number % 20 === 7) return retry({ delayMs: 2 });
      if (deliveries.get(number)!.length === 1 && number % 20 === 11) return release();
      if (number % 20 === 15) return deadLetter("bad");
      done.add(number);
      return undefined;
    };
    const worker = shop.worker({
      maxMessages: 16,
      handler: asynchronous
        ? async (message) => {
            await Promise.resolve();
            return handle(numberOf(message), message.attempt);
          }
        : (message) => handle(numberOf(message), message.attempt),
    });
    await worker.start();
    await done.reaches(190);
    await worker.stop();
    expect(done.seen).toEqual(upTo(200).filter((number) => number % 20 !== 15));
    for (const [number, attempts] of deliveries) {
      const failing = number % 20 === 3 || number % 20 === 7;
      const released = number % 20 === 11;
      expect([number, attempts]).toEqual([number, failing ? [1, 2] : released ? [1, 1] : [1]]);
    }
    expect((await shop.deadLetters()).map(({ originOffset }) => originOffset)).toEqual(
      upTo(10).map((n) => n * 20 + 15),
    );
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  });

  test("order holds for batches: those behind the first retry come again, and spend no attempt", async () => {
    const shop = await workshop({ group: { ordering: "partition" } });
    await shop.publish(12);
    const batches = new Tally<[number, number][]>();
    const worker = shop.worker({
      maxMessages: 4,
      batchHandler(messages) {
        batches.add(messages.map((message) => [numberOf(message), message.attempt]));
        if (batches.seen.length === 2) return [undefined, retry(), undefined, undefined];
        return undefined;
      },
    });
    await worker.start();
    await drained(shop, worker);
    await worker.stop();
    const attempts = new Map<number, number>();
    const order: number[] = [];
    for (const [number, attempt] of batches.seen.flat()) {
      attempts.set(number, Math.max(attempts.get(number) ?? 0, attempt));
      order.push(number);
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9, 10, 11]);
    expect([...attempts]).toEqual(upTo(12).map((number) => [number, number === 5 ? 2 : 1]));
  });

  test("one lease grows while its front is handled, and its front is acknowledged", async () => {
    const shop = await workshop({ group: { ordering: "partition" } });
    await shop.publish(60);
    const seen = new Tally<number>();
    const leases = new Set<string>();
    const last = gate();
    const worker = shop.worker({
      maxMessages: 10,
      async handler(message, { leaseId }) {
        leases.add(leaseId);
        seen.add(numberOf(message));
        if (numberOf(message) === 55) await last.opened;
      },
    });
    const extended = told(worker, "extended", () => seen.seen.length > 50);
    await worker.start();
    await extended;
    expect((await shop.describe()).partitions[0]).toMatchObject({ acked: 50, committed: 50, inFlight: 10 });
    last.open();
    expect((await told(worker, "settled"))[0]).toMatchObject({ acked: 10 });
    expect(seen.seen).toEqual(upTo(60));
    expect(leases.size).toBe(1);
  });

  test("what is published while a lease is handled comes in order", async () => {
    const shop = await workshop({ group: { ordering: "partition" } });
    const seen = new Tally<number>();
    const worker = shop.worker({ maxMessages: 5, handler: (message) => seen.add(numberOf(message)) });
    await worker.start();
    for (let round = 0; round < 40; round++) await shop.publish(7);
    await seen.reaches(280);
    expect(seen.seen).toEqual(upTo(280));
  });

  test.each<
    [string, (handle: (numbers: number[], partition: number) => Promise<void>) => Partial<WorkerOptions>]
  >([
    [
      "messages",
      (handle) => ({ handler: (message, { partition }) => handle([numberOf(message)], partition) }),
    ],
    [
      "batches",
      (handle) => ({ batchHandler: (messages, { partition }) => handle(messages.map(numberOf), partition) }),
    ],
  ])("two workers with %s keep each partition in order and to one at a time", async (_name, handlerOf) => {
    const partitions = 5;
    const shop = await workshop({ topic: { partitions }, group: { ordering: "partition" } });
    for (let round = 0; round < 10; round++) {
      for (let partition = 0; partition < partitions; partition++) await shop.publish(20, partition);
    }
    const seen = new Tally<[number, number]>();
    const busy = new Set<number>();
    const handle = async (numbers: number[], partition: number) => {
      expect(busy.has(partition)).toBe(false);
      busy.add(partition);
      await new Promise(setImmediate);
      busy.delete(partition);
      seen.add(...numbers.map((number): [number, number] => [partition, number]));
    };
    const workers = [1, 2].map(() => shop.worker({ concurrency: 2, maxMessages: 8, ...handlerOf(handle) }));
    const failures: unknown[] = [];
    for (const worker of workers) worker.on("failed", (failure) => failures.push(failure));
    const reached = seen.reaches(1_000);
    await Promise.all(workers.map((worker) => worker.start()));
    await reached;
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(failures).toEqual([]);
    expect(seen.seen).toHaveLength(1_000);
    for (let partition = 0; partition < partitions; partition++) {
      const numbers = seen.seen.filter(([of]) => of === partition).map(([, number]) => number);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    }
  });

  test("a worker that comes later gets its share, though the first could hold everything", async () => {
    const shop = await workshop({ topic: { partitions: 4 }, group: { ordering: "partition" } });
    for (let partition = 0; partition < 4; partition++) await shop.publish(8_000, partition);
    const seen = new Tally<[number, number]>();
    const start = async (tally: Tally<number>) => {
      const worker = shop.worker({
        concurrency: 4,
        async handler(message, { partition }) {
          tally.add(partition);
          seen.add([partition, numberOf(message)]);
          await new Promise((resolve) => setTimeout(resolve, 1));
        },
      });
      await worker.start();
      return worker;
    };
    const [first, second] = [new Tally<number>(), new Tally<number>()];
    const workers = [await start(first)];
    await first.reaches(100);
    workers.push(await start(second));
    await second.reaches(500);
    await Promise.all(workers.map((worker) => worker.stop()));
    for (let partition = 0; partition < 4; partition++) {
      const numbers = seen.seen.filter(([of]) => of === partition).map(([, number]) => number);
      expect(numbers).toEqual(upTo(numbers.length).map((index) => partition * 8_000 + index));
    }
  });
});
