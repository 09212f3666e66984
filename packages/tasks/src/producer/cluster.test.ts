import { Cluster } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { sendMail, setUp, sum } from "../fixtures/bench-of-tasks.ts";

let redis: Cluster;
beforeAll(() => {
  redis = new Cluster(inject("clusterUrls"));
  redis.on("error", () => {});
});
afterAll(() => redis.disconnect());

const input = { to: "a@example.org" };
const waited = { timeoutMs: 30_000 };

test("on a cluster a flow spans queues, and its runs are enqueued, waited for and cancelled", async () => {
  // Several namespaces, so that more than one node is met.
  for (let round = 0; round < 4; round += 1) {
    const { tasks, work } = setUp(redis);
    const flow = await tasks.enqueueFlow({
      task: sendMail,
      input,
      children: [
        { task: sum, input: [1, 2] },
        { task: sum, input: [3] },
      ],
    });
    work("sum", async ({ data }) => (data.input as number[]).reduce((a, b) => a + b));
    work("send-mail", async (job) => ({
      messageId: String(Object.values(await job.getChildrenValues<number>()).sort()),
    }));
    expect(await tasks.wait(sendMail, flow.id, waited)).toMatchObject({
      state: "completed",
      output: { messageId: "3,3" },
    });
    const many = await tasks.enqueueMany(sum, [
      { input: [1] },
      { input: [2], id: "mine" },
      { input: [3], id: "mine" },
    ]);
    expect(many.map(({ duplicate }) => duplicate ?? false)).toEqual([false, false, true]);
    expect(await tasks.enqueueAndWait(sum, [4, 5], waited)).toBe(9);
    const { id } = await tasks.enqueue(sum, [1], { delayMs: 60_000 });
    await tasks.cancel(sum, id);
    expect((await tasks.get(sum, id)).state).toBe("cancelled");
  }
});

test("on a cluster a schedule is kept, paused and carried on, and failed runs are found", async () => {
  const { tasks, work } = setUp(redis);
  await tasks.publishDefinitions();
  expect(await tasks.list()).toEqual([{ name: "send-mail" }, { name: "sum" }]);
  await tasks.schedules.put("sum", "often", { everyMs: 100, limit: 2, input: [1] });
  work("sum", async () => {
    throw new Error("no");
  });
  await expect
    .poll(async () => (await tasks.failed.list("sum", { error: "no" })).tasks.length, { timeout: 30_000 })
    .toBe(2);
  await tasks.schedules.pause("sum", "often");
  await tasks.schedules.delete("sum", "often");
  expect(await tasks.schedules.list("sum")).toEqual([]);
  expect(await tasks.failed.remove("sum", { all: true })).toMatchObject({ done: 2 });
});
