import { describe, expect, test } from "vitest";
import { numberOf, Tally, told, upTo, workshop } from "./fixtures/workshop.ts";
import { deadLetter, release, retry } from "./outcome.ts";
import type { MessagesFailed } from "./worker-events.ts";

interface Delivery {
  number: number;
  attempt: number;
}

describe("a message handler", () => {
  test("acknowledges what it returns from, whatever it returns", async () => {
    const shop = await workshop();
    await shop.publish(5);
    const returned = [undefined, null, 7, "text", { rows: 1 }];
    const worker = shop.worker({ handler: (message) => returned[numberOf(message)] });
    const settled = told(worker, "settled");
    await worker.start();
    const [result] = await settled;
    expect(result).toMatchObject({ partition: 0, acked: 5, retried: 0, released: 0, deadLettered: 0 });
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  });

  test.each([
    ["returns", (thrown: unknown) => thrown],
    ["resolves with", async (thrown: unknown) => thrown],
    [
      "throws",
      (thrown: unknown) => {
        throw thrown;
      },
    ],
    ["rejects with", (thrown: unknown) => Promise.reject(thrown)],
  ])("has a message retried, released or dead-lettered when it %s that outcome", async (_name, give) => {
    const shop = await workshop();
    await shop.publish(4);
    const seen = new Tally<Delivery>();
    const failed: MessagesFailed[] = [];
    const worker = shop.worker({
      concurrency: 4,
      handler(message) {
        const number = numberOf(message);
        const before = seen.seen.some((delivery) => delivery.number === number);
        seen.add({ number, attempt: message.attempt });
        if (before) return undefined;
        return [
          undefined,
          () => give(retry({ delayMs: 5 })),
          () => give(release()),
          () => give(deadLetter("no such buyer")),
        ][number]?.();
      },
    });
    worker.on("failed", (failure) => failed.push(failure));
    const done = seen.reaches(6);
    await worker.start();
    await done;
    await worker.stop();
    const again = seen.seen.slice(4).sort((one, other) => one.number - other.number);
    expect(again).toEqual([
      { number: 1, attempt: 2 },
      { number: 2, attempt: 1 },
    ]);
    expect(await shop.deadLetters()).toMatchObject([
      { originOffset: 3, attempts: 1, reason: "no such buyer" },
    ]);
    expect(
      failed.map(({ messages, outcome, error }) => [numberOf(messages[0]!), outcome.kind, error]),
    ).toEqual([
      [1, "retry", undefined],
      [3, "dead-letter", undefined],
    ]);
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0, deadLettered: 1 });
  });

  test("that throws has the message retried by the group's back-off, and dead-lettered with the error's text at last", async () => {
    const shop = await workshop({ group: { maxDeliveries: 3, backoff: { initialMs: 1, maxMs: 1 } } });
    await shop.publish(3);
    const attempts: number[] = [];
    const errors: unknown[] = [];
    const worker = shop.worker({
      handler(message) {
        if (numberOf(message) !== 1) return;
        attempts.push(message.attempt);
        throw new RangeError("too many");
      },
    });
    worker.on("failed", ({ error }) => errors.push(error));
    const buried = told(worker, "settled", ({ deadLettered }) => deadLettered === 1);
    await worker.start();
    await buried;
    expect(attempts).toEqual([1, 2, 3]);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toBeInstanceOf(RangeError);
    expect(await shop.deadLetters()).toMatchObject([
      { originOffset: 1, attempts: 3, reason: "RangeError: too many" },
    ]);
  });

  test("sees its context", async () => {
    const shop = await workshop();
    await shop.publish(1);
    const contexts = new Tally<unknown>();
    const worker = shop.worker({
      handler: (_message, { topic, group, partition, leaseId, signal }) =>
        contexts.add({ topic, group, partition, leaseId: leaseId.split(".")[0], aborted: signal.aborted }),
    });
    await worker.start();
    await contexts.reaches(1);
    expect(contexts.seen).toEqual([
      { topic: "orders", group: "billing", partition: 0, leaseId: "0", aborted: false },
    ]);
  });
});

describe("a batch handler", () => {
  test("acknowledges the batch when it returns", async () => {
    const shop = await workshop();
    await shop.publish(250);
    const sizes = new Tally<number>();
    const worker = shop.worker({ batchHandler: (messages) => sizes.add(messages.length) });
    const settled = told(worker, "idle");
    await worker.start();
    await settled;
    expect(sizes.seen).toEqual([100, 100, 50]);
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0 });
  });

  test("gives each message an outcome in an array", async () => {
    const shop = await workshop();
    await shop.publish(4);
    const batches = new Tally<Delivery[]>();
    const worker = shop.worker({
      async batchHandler(messages) {
        batches.add(messages.map((message) => ({ number: numberOf(message), attempt: message.attempt })));
        return batches.seen.length === 1 ? [undefined, retry(), "a row", deadLetter("bad")] : [];
      },
    });
    await worker.start();
    await batches.reaches(2);
    await worker.stop();
    expect(batches.seen[1]).toEqual([{ number: 1, attempt: 2 }]);
    expect(await shop.deadLetters()).toMatchObject([{ originOffset: 3, reason: "bad" }]);
  });

  test("gives all one outcome by returning or throwing it", async () => {
    const shop = await workshop();
    await shop.publish(3);
    const batches = new Tally<Delivery[]>();
    const worker = shop.worker({
      batchHandler(messages) {
        batches.add(messages.map((message) => ({ number: numberOf(message), attempt: message.attempt })));
        if (batches.seen.length === 1) return release();
        if (batches.seen.length === 2) throw retry({ delayMs: 1 });
        return undefined;
      },
    });
    await worker.start();
    await batches.reaches(3);
    const delivered = (attempt: number) => upTo(3).map((number) => ({ number, attempt }));
    expect(batches.seen).toEqual([delivered(1), delivered(1), delivered(2)]);
  });

  test("keeps what it has settled when it throws", async () => {
    const shop = await workshop();
    await shop.publish(4);
    const batches = new Tally<Delivery[]>();
    const failed: MessagesFailed[] = [];
    const worker = shop.worker({
      async batchHandler(messages, batch) {
        batches.add(messages.map((message) => ({ number: numberOf(message), attempt: message.attempt })));
        if (batches.seen.length > 1) return;
        batch.settle(messages[2]!);
        batch.settle(messages[0]!, deadLetter("bad"));
        batch.settle(messages[0]!, release());
        expect(() => batch.settle({ ...messages[0]!, offset: 99 })).toThrow("not of this batch");
        throw new Error("half way");
      },
    });
    worker.on("failed", (failure) => failed.push(failure));
    await worker.start();
    await batches.reaches(2);
    await worker.stop();
    expect(batches.seen[1]).toEqual([
      { number: 1, attempt: 2 },
      { number: 3, attempt: 2 },
    ]);
    expect(failed).toMatchObject([
      {
        messages: [{ offset: 1 }, { offset: 3 }],
        outcome: { kind: "retry" },
        error: { message: "half way" },
      },
    ]);
    expect(await shop.deadLetters()).toMatchObject([{ originOffset: 0, reason: "bad" }]);
  });
});

describe("one poison message among 500", () => {
  test.each([["message"], ["batch"]])("is alone dead-lettered by a %s handler", async (mode) => {
    const shop = await workshop({ group: { maxDeliveries: 3, backoff: { initialMs: 1, maxMs: 1 } } });
    await shop.publish(500);
    const done = new Set<number>();
    const worker = shop.worker({
      maxMessages: 500,
      ...(mode === "batch"
        ? {
            batchHandler(messages) {
              if (messages.some((message) => numberOf(message) === 250)) throw new Error("poison");
              for (const message of messages) done.add(numberOf(message));
            },
          }
        : {
            handler(message) {
              if (numberOf(message) === 250) throw new Error("poison");
              done.add(numberOf(message));
            },
          }),
    });
    const buried = told(worker, "settled", ({ deadLettered }) => deadLettered > 0);
    await worker.start();
    await buried;
    await worker.stop();
    expect(done.size).toBe(499);
    expect(await shop.deadLetters()).toMatchObject([
      { originOffset: 250, attempts: 3, reason: "Error: poison" },
    ]);
    expect(await shop.describe()).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
  });
});
