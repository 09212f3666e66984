import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod";
import { defineTask } from "../define/define-task.ts";
import { sendMail, setUp, sum } from "../fixtures/bench-of-tasks.ts";
import type { FlowNode } from "./flow-tree.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const input = { to: "a@example.org" };
const waited = { timeoutMs: 30_000 };

test("a parent starts when its children have ended", async () => {
  const { tasks, work } = setUp(redis);
  const flow = await tasks.enqueueFlow({
    task: sendMail,
    input,
    children: [
      { task: sum, input: [1, 2] },
      { task: sum, input: [3, 4], children: [{ task: sum, input: [5] }] },
    ],
  });
  expect(flow).toMatchObject({
    task: "send-mail",
    children: [
      { task: "sum", children: [] },
      { task: "sum", children: [{ task: "sum", children: [] }] },
    ],
  });
  expect((await tasks.get(sendMail, flow.id)).state).toBe("waiting-children");
  work("sum", async ({ data }) => (data.input as number[]).reduce((a, b) => a + b));
  const values: number[] = [];
  work("send-mail", async (job) => {
    values.push(...Object.values(await job.getChildrenValues<number>()));
    return { messageId: "1" };
  });
  expect((await tasks.wait(sendMail, flow.id, waited)).state).toBe("completed");
  expect(values.sort()).toEqual([3, 7]);
});

test("a child that fails takes its parent with it, or is left out", async () => {
  const { tasks, work } = setUp(redis);
  work("sum", async () => {
    throw new Error("no");
  });
  work("send-mail", async () => ({ messageId: "1" }));
  const strict = await tasks.enqueueFlow({ task: sendMail, input, children: [{ task: sum, input: [1] }] });
  const status = await tasks.wait(sendMail, strict.id, waited);
  expect(status).toMatchObject({ state: "failed", error: { name: "CHILD_FAILED" } });
  const child: FlowNode = { task: sum, input: [1], onFailure: "ignore" };
  const lax = await tasks.enqueueFlow({ task: sendMail, input, children: [child] });
  expect((await tasks.wait(sendMail, lax.id, waited)).state).toBe("completed");
});

test("the same flow again, under a chosen id, is the same runs", async () => {
  const { tasks, work } = setUp(redis);
  const flow: FlowNode = {
    task: sendMail,
    input,
    id: "order-7",
    children: [
      { task: sum, input: [1], children: [{ task: sum, input: [3] }] },
      { task: sum, input: [2], id: "own" },
    ],
  };
  const answers = await Promise.all([
    tasks.enqueueFlow(flow),
    tasks.enqueueFlow(flow),
    tasks.enqueueFlow(flow),
  ]);
  expect(answers[0]).toEqual({
    task: "send-mail",
    id: "order-7",
    children: [
      { task: "sum", id: "order-7.0", children: [{ task: "sum", id: "order-7.0.0", children: [] }] },
      { task: "sum", id: "own", children: [] },
    ],
  });
  expect(answers[1]).toEqual(answers[0]);
  expect((await tasks.describe(sum)).counts).toMatchObject({ waiting: 2, "waiting-children": 1 });
  let runs = 0;
  work("sum", async () => {
    runs += 1;
  });
  work("send-mail", async () => ({ messageId: "1" }));
  await tasks.wait(sendMail, "order-7", waited);
  expect(await tasks.enqueueFlow(flow)).toEqual(answers[0]);
  expect(await tasks.describe(sum)).toMatchObject({ counts: { waiting: 0, completed: 3 } });
  expect(runs).toBe(3);
});

describe("is refused, with nothing enqueued,", () => {
  const refused = async (flow: FlowNode, code: string, details: object) => {
    const { tasks } = setUp(redis);
    await tasks.enqueue(sum, [1], { id: "free" });
    await tasks.enqueueFlow({ task: sendMail, input, children: [{ task: sum, input: [], id: "taken" }] });
    const before = [await tasks.describe(sum), await tasks.describe(sendMail)];
    await expect(tasks.enqueueFlow(flow)).rejects.toMatchObject({ code, details });
    expect([await tasks.describe(sum), await tasks.describe(sendMail)]).toEqual(before);
  };

  test("a loop of parents", async () => {
    const child = { task: sum, input: [1], children: [] as FlowNode[] };
    child.children.push({ task: sum, input: [2], children: [child] });
    await refused({ task: sendMail, input, children: [child] }, "INVALID", {
      field: "children[0].children[0].children[0]",
    });
  });

  test("too deep a tree", async () => {
    let node: FlowNode = { task: sum, input: [1] };
    for (let depth = 1; depth < 20; depth += 1) node = { task: sum, input: [1], children: [node] };
    const { tasks } = setUp(redis);
    await tasks.enqueueFlow(node);
    await refused({ task: sum, input: [1], children: [node] }, "INVALID", { limit: 20 });
  });

  test("too many runs", async () => {
    const children = Array.from({ length: 1_000 }, () => ({ task: sum, input: [1] }));
    await refused({ task: sendMail, input, children }, "INVALID", { field: "children[999]", limit: 1_000 });
  });

  test("a wrong input, option or task anywhere", async () => {
    await refused({ task: sendMail, input, children: [{ task: sum, input: ["a"] }] }, "INVALID", {
      field: "children[0].input[0]",
    });
    await refused({ task: sendMail, input, children: [{ task: sum, input: [1], priority: 0 }] }, "INVALID", {
      field: "children[0].priority",
      limit: 1,
    });
    await refused({ task: sendMail, input, deduplicationId: "a" } as never, "INVALID", {
      field: "deduplicationId",
    });
    await refused({ task: sendMail, input, children: [{ task: "nobody", input: 1 }] }, "TASK_NOT_FOUND", {});
    await refused({ task: sendMail, input, children: [null as never] }, "INVALID", { field: "children[0]" });
    await refused({ task: sendMail, input, children: [{ input: 1 } as never] }, "INVALID", {
      field: "children[0].task",
    });
    await refused({ task: sendMail, input, onFailure: "explode" as never }, "INVALID", {
      field: "onFailure",
    });
  });

  test("what carries too much together", async () => {
    const anything = defineTask({ name: "anything", input: z.string() });
    const { tasks } = setUp(redis, { tasks: [anything] });
    const large = "x".repeat(2 ** 20 - 2);
    const children = Array.from({ length: 64 }, () => ({ task: anything, input: large }));
    await expect(tasks.enqueueFlow({ task: anything, input: large, children })).rejects.toMatchObject({
      code: "REQUEST_TOO_LARGE",
      details: { field: "flow" },
    });
  });

  test("a child that another waits for, or that is there twice", async () => {
    await refused(
      { task: sendMail, input, children: [{ task: sum, input: [1], id: "taken" }] },
      "TASK_STATE",
      {},
    );
    const twice = { task: sum, input: [1], id: "twice" };
    await refused({ task: sendMail, input, children: [twice, { ...twice }] }, "INVALID", {
      field: "children[1].id",
    });
  });
});
