import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { gate, numberOf, Tally, told, upTo, workshop } from "./fixtures/workshop.ts";

const orderings = [["none"], ["partition"]] as const;

describe.each(orderings)("in a group ordered by %s", (ordering) => {
  test("a stop in the middle of a batch loses nothing, spends no attempt and repeats nothing", async () => {
    const shop = await workshop({ topic: { partitions: 3 }, group: { ordering } });
    await shop.publish(60, 0);
    await shop.publish(60, 1);
    await shop.publish(60, 2);
    const seen = new Tally<[number, number]>();
    const finish = gate();
    const slow = shop.worker({
      maxMessages: 7,
      concurrency: 2,
      async batchHandler(messages) {
        seen.add(...messages.map((message): [number, number] => [numberOf(message), message.attempt]));
        if (seen.seen.length > 30) await finish.opened;
      },
    });
    await slow.start();
    await seen.reaches(31);
    const stopping = slow.stop();
    expect(slow.state).toBe("stopping");
    finish.open();
    await stopping;
    expect(slow.state).toBe("stopped");
    const before = seen.seen.length;
    expect(before).toBeLessThan(180);
    expect(await shop.describe()).toMatchObject({ inFlight: 0, lag: 180 - before });
    const quick = shop.worker({
      batchHandler: (messages) =>
        seen.add(...messages.map((message): [number, number] => [numberOf(message), message.attempt])),
    });
    await quick.start();
    await seen.reaches(180);
    expect(seen.seen.sort(([one], [other]) => one - other)).toEqual(upTo(180).map((number) => [number, 1]));
  });

  test("a stop in the middle of messages finishes those that run and releases the others", async () => {
    const shop = await workshop({ group: { ordering } });
    await shop.publish(50);
    const finish = gate();
    const seen = new Tally<number>();
    const worker = shop.worker({
      concurrency: 4,
      async handler(message) {
        seen.add(numberOf(message));
        await finish.opened;
      },
    });
    await worker.start();
    const running = ordering === "none" ? 4 : 1;
    await seen.reaches(running);
    const stopping = worker.stop();
    finish.open();
    await stopping;
    expect(seen.seen).toEqual(upTo(running));
    expect(await shop.describe()).toMatchObject({ inFlight: 0, retrying: 0, lag: 50 - running });
  });

  test("a handler that outlasts the stop is aborted, and its message released", async () => {
    const shop = await workshop({ group: { ordering } });
    await shop.publish(2);
    const taken = gate();
    const failures: unknown[] = [];
    const worker = shop.worker({
      stopTimeoutMs: 20,
      async handler(_message, { signal }) {
        taken.open();
        await once(signal, "abort");
        throw new Error("I was interrupted");
      },
    });
    worker.on("failed", (failure) => failures.push(failure));
    const stopped = told(worker, "stopped");
    await worker.start();
    await taken.opened;
    await worker.stop();
    expect(await stopped).toEqual([{ abandoned: 0 }]);
    expect(failures).toEqual([]);
    const { leases } = await shop.engine.groups.receive(shop.topic, shop.group);
    expect(
      leases.flatMap(({ messages }) => messages.map(({ offset, attempt }) => [offset, attempt])),
    ).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  test("a handler that ignores its signal is abandoned, and its message released", async () => {
    const shop = await workshop({ group: { ordering } });
    await shop.publish(3);
    const taken = gate();
    const never = gate();
    const worker = shop.worker({
      stopTimeoutMs: 0,
      async handler(message) {
        if (numberOf(message) === 0) return;
        taken.open();
        await never.opened;
      },
    });
    const stopped = told(worker, "stopped");
    await worker.start();
    await taken.opened;
    await worker.stop();
    expect(await stopped).toEqual([{ abandoned: 1 }]);
    never.open();
    const { leases } = await shop.engine.groups.receive(shop.topic, shop.group);
    expect(
      leases.flatMap(({ messages }) => messages.map(({ offset, attempt }) => [offset, attempt])),
    ).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});

test("stop is legal before start, idempotent, and a stopped worker starts again", async () => {
  const shop = await workshop();
  const seen = new Tally<number>();
  const worker = shop.worker({ handler: (message) => seen.add(numberOf(message)) });
  await worker.stop();
  expect(worker.state).toBe("stopped");
  await Promise.all([worker.start(), worker.start()]);
  expect(worker.state).toBe("running");
  await shop.publish(1);
  await seen.reaches(1);
  await Promise.all([worker.stop(), worker.stop()]);
  await worker.stop();
  await shop.publish(1);
  await worker.start();
  await seen.reaches(2);
  await worker.stop();
  expect(seen.seen).toEqual([0, 1]);
});

test("a start that cannot succeed rejects, and the worker is stopped", async () => {
  const shop = await workshop();
  const worker = shop.worker({ topic: "nowhere", handler: () => {} });
  await expect(worker.start()).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
  expect(worker.state).toBe("stopped");
});

test("a missing group is made, except on a topic whose retention waits for its groups", async () => {
  const shop = await workshop();
  const worker = shop.worker({ group: "new", handler: () => {} });
  await worker.start();
  expect(await shop.engine.groups.get(shop.topic, "new")).toMatchObject({ ordering: "none" });
  await shop.engine.topics.put("queue", { partitions: 1, retention: { policy: "queue" } });
  const refused = shop.worker({ topic: "queue", group: "mistyped", handler: () => {} });
  await expect(refused.start()).rejects.toMatchObject({ code: "GROUP_NOT_FOUND" });
});
