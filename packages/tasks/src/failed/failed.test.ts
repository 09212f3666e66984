import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { sendMail, setUp } from "../fixtures/bench-of-tasks.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

/** Some failed runs of a task, in order, every second one for another reason. */
async function failures(count: number) {
  const place = setUp(redis);
  const { tasks, work } = place;
  let failing = true;
  work("send-mail", async (job) => {
    const { to } = job.data.input as { to: string };
    if (failing)
      throw Object.assign(new Error(Number(to.split("@")[0]) % 2 ? "DNS: no host" : "Full: no room"));
    return { messageId: to };
  }).on("error", () => {});
  const runs = await tasks.enqueueMany(
    sendMail,
    Array.from({ length: count }, (_, n) => ({ input: { to: `${n}@example.org` }, id: `run-${n}` })),
  );
  for (const { id } of runs) await tasks.wait(sendMail, id, { timeoutMs: 30_000 });
  return {
    ...place,
    ids: runs.map(({ id }) => id),
    heal() {
      failing = false;
    },
  };
}

test("are listed, the newest first, page by page", async () => {
  const { tasks, ids } = await failures(25);
  const seen: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 4; pages += 1) {
    const page = await tasks.failed.list(
      "send-mail",
      after === undefined ? { limit: 10 } : { limit: 10, after },
    );
    seen.push(...page.tasks.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  expect([...seen].sort()).toEqual([...ids].sort());
  expect(new Set(seen).size).toBe(25);
  const { tasks: all } = await tasks.failed.list("send-mail");
  const times = all.map(({ finishedAt }) => finishedAt!);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(all[0]).toMatchObject({ state: "failed", attempts: 2, error: { message: expect.any(String) } });
});

test("are found by their error and their time", async () => {
  const { tasks } = await failures(10);
  const found = await tasks.failed.list("send-mail", { error: "no host" });
  expect(found.tasks).toHaveLength(5);
  expect(found.tasks.every(({ error }) => error?.name === "DNS")).toBe(true);
  const { tasks: all } = await tasks.failed.list("send-mail");
  const middle = all[4]!.finishedAt!;
  const later = await tasks.failed.list("send-mail", { from: middle });
  const earlier = await tasks.failed.list("send-mail", { to: middle - 1 });
  expect(later.tasks.length + earlier.tasks.length).toBe(10);
  expect(later.tasks.every(({ finishedAt }) => finishedAt! >= middle)).toBe(true);
  expect((await tasks.failed.list("send-mail", { to: 1 })).tasks).toEqual([]);
});

test("are all carried out again, as fast as is said", async () => {
  const { tasks, ids, heal } = await failures(12);
  heal();
  const first = await tasks.failed.retry("send-mail", { all: true, error: "DNS", perSecond: 4 });
  expect(first).toEqual({ done: 4, more: true, nextAfterMs: 1_000 });
  const second = await tasks.failed.retry("send-mail", { all: true, error: "DNS", perSecond: 4 });
  expect(second).toEqual({ done: 2, more: false, nextAfterMs: 500 });
  expect(await tasks.failed.retry("send-mail", { all: true })).toEqual({
    done: 6,
    more: false,
    nextAfterMs: 0,
  });
  for (const id of ids)
    expect((await tasks.wait(sendMail, id, { timeoutMs: 30_000 })).state).toBe("completed");
  expect(await tasks.failed.retry("send-mail", { all: true })).toEqual({
    done: 0,
    more: false,
    nextAfterMs: 0,
  });
});

test("that are named are carried out again once, however often that is asked", async () => {
  const { tasks, ids, heal } = await failures(6);
  heal();
  const selection = { ids: [...ids, "nothing"], perSecond: 4 };
  expect(await tasks.failed.retry("send-mail", selection)).toEqual({
    done: 4,
    more: true,
    nextAfterMs: 1_000,
  });
  expect(await tasks.failed.retry("send-mail", selection)).toMatchObject({ done: 2, more: false });
  expect(await tasks.failed.retry("send-mail", selection)).toMatchObject({ done: 0, more: false });
});

test("are removed", async () => {
  const { tasks, ids } = await failures(6);
  expect(await tasks.failed.remove("send-mail", { ids: ids.slice(0, 2) })).toMatchObject({
    done: 2,
    more: false,
  });
  await expect(tasks.get(sendMail, ids[0]!)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await tasks.failed.remove("send-mail", { all: true })).toMatchObject({ done: 4 });
  expect((await tasks.describe(sendMail)).counts.failed).toBe(0);
});

test("a wrong question is refused", async () => {
  const { tasks } = setUp(redis);
  const refused = (call: Promise<unknown>, field: string) =>
    expect(call).rejects.toMatchObject({ code: "INVALID", details: { field } });
  await refused(tasks.failed.list("send-mail", { limit: 1_001 }), "limit");
  await refused(tasks.failed.list("send-mail", { after: "nothing" }), "after");
  await refused(tasks.failed.list("send-mail", { error: "" }), "error");
  await refused(tasks.failed.retry("send-mail", { ids: [] }), "ids");
  await refused(tasks.failed.retry("send-mail", { all: true, perSecond: 10_001 }), "perSecond");
  await expect(tasks.failed.list("nobody")).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  await expect(tasks.failed.remove("nobody", { ids: ["a"] })).rejects.toMatchObject({
    code: "TASK_NOT_FOUND",
  });
});
