import { expect, test } from "vitest";
import { numberOf, told, workshop } from "./fixtures/workshop.ts";
import { deadLetter, release } from "./outcome.ts";

/** Whether the first handling of a lot of three is told as failed. */
async function firstOf(handler: (number: number) => unknown, inBatches = false) {
  const shop = await workshop({ group: { maxDeliveries: 1 } });
  await shop.publish(3);
  const worker = shop.worker(
    inBatches
      ? { batchHandler: (messages) => messages.map((message) => handler(numberOf(message))) }
      : { handler: (message) => handler(numberOf(message)) },
  );
  const all: unknown[] = [];
  worker.on("handled", (handled) => all.push(handled));
  const settled = told(worker, "settled");
  await worker.start();
  await settled;
  await worker.stop();
  return all;
}

const refuse = () => {
  throw new Error("no");
};

test.each([
  ["returns", () => undefined, false],
  ["resolves", async () => 1, false],
  ["throws", refuse, true],
  ["rejects", async () => refuse(), true],
  ["gives a dead letter", () => deadLetter("no"), true],
])("one sample is told of messages that came together: a handler that %s", async (_name, handler, failed) => {
  expect(await firstOf(handler)).toEqual([{ partition: 0, messages: 1, ms: expect.any(Number), failed }]);
});

test("only the first message is the sample", async () => {
  const seconds = await firstOf((number) => (number > 0 ? refuse() : undefined));
  expect(seconds).toEqual([{ partition: 0, messages: 1, ms: expect.any(Number), failed: false }]);
});

test.each([
  ["acknowledges all", () => undefined, false],
  ["has one dead-lettered", (number: number) => (number === 2 ? deadLetter("no") : undefined), true],
  ["throws", refuse, true],
])("of a batch the sample is the batch: a handler that %s", async (_name, handler, failed) => {
  expect(await firstOf(handler, true)).toEqual([
    { partition: 0, messages: 3, ms: expect.any(Number), failed },
  ]);
});

test("what is given back has not failed", async () => {
  let given = false;
  const [first] = await firstOf(() => {
    if (given) return undefined;
    given = true;
    return release();
  });
  expect(first).toMatchObject({ messages: 1, failed: false });
});
