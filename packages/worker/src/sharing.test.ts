import { expect, test } from "vitest";
import { numberOf, Tally, told, upTo, workshop } from "./fixtures/workshop.ts";

test("workers share a group without overlap", async () => {
  const shop = await workshop({ topic: { partitions: 4 } });
  for (let round = 0; round < 20; round++) await shop.publish(100);
  const seen = new Tally<number>();
  const shares = [0, 0, 0];
  const workers = shares.map((_share, index) =>
    shop.worker({
      maxMessages: 20,
      concurrency: 4,
      async handler(message) {
        shares[index]! += 1;
        await new Promise(setImmediate);
        seen.add(numberOf(message));
      },
    }),
  );
  const reached = seen.reaches(2_000);
  await Promise.all(workers.map((worker) => worker.start()));
  await reached;
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(seen.seen.sort((one, other) => one - other)).toEqual(upTo(2_000));
  for (const share of shares) expect(share).toBeGreaterThan(200);
});

test("a batch that waits is not taken while its handler is slow, and nothing is taken ahead then", async () => {
  const shop = await workshop();
  await shop.publish(40);
  const seen = new Tally<number>();
  const blocked = Promise.withResolvers<void>();
  const slow = shop.worker({
    maxMessages: 10,
    async batchHandler(messages) {
      await blocked.promise;
      seen.add(...messages.map(numberOf));
    },
  });
  await slow.start();
  const quick = shop.worker({
    maxMessages: 10,
    batchHandler: (messages) => seen.add(...messages.map(numberOf)),
  });
  const idle = told(quick, "idle");
  await quick.start();
  await idle;
  // One batch is with the slow handler and at most one waits behind it.
  expect(seen.seen.length).toBeGreaterThanOrEqual(20);
  blocked.resolve();
  await seen.reaches(40);
  expect(seen.seen.sort((one, other) => one - other)).toEqual(upTo(40));
});

test("a pause holds messages back, and a resume wakes the worker", async () => {
  const shop = await workshop({ topic: { partitions: 2 } });
  const seen = new Tally<number>();
  const worker = shop.worker({ handler: (message) => seen.add(numberOf(message)) });
  const idle = told(worker, "idle");
  await worker.start();
  await idle;
  await shop.engine.groups.pause(shop.topic, shop.group);
  await shop.publish(3);
  expect(seen.seen).toEqual([]);
  await shop.engine.groups.resume(shop.topic, shop.group);
  await seen.reaches(3);
});

test("partitions that a topic gets later are read as soon as any other has something", async () => {
  const shop = await workshop();
  const seen = new Tally<[number, number]>();
  const worker = shop.worker({
    handler: (message, { partition }) => seen.add([partition, numberOf(message)]),
  });
  await worker.start();
  await shop.engine.topics.put(shop.topic, { partitions: 3 });
  await shop.publish(1, 2);
  await shop.publish(1, 0);
  await seen.reaches(2);
  expect(seen.seen.sort()).toEqual([
    [0, 1],
    [2, 0],
  ]);
});
