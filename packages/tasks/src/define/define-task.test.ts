import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { defineTask, type InputOf, type OutputOf } from "./define-task.ts";
import { describeTask } from "./published-task.ts";

const input = z.object({ to: z.email(), at: z.string().transform((text) => new Date(text)) });

describe("a definition", () => {
  test("says everything that was left out", () => {
    const { settings, run, output } = defineTask({ name: "send-mail", input });
    expect(settings).toEqual({
      name: "send-mail",
      retry: { attempts: 3, backoff: { type: "exponential", delayMs: 1_000, maxMs: 86_400_000, jitter: 0 } },
      timeoutMs: 300_000,
      concurrency: 10,
      totalConcurrency: null,
      rate: null,
      keep: {
        completedMs: 3_600_000,
        completedCount: 10_000,
        failedMs: 604_800_000,
        failedCount: 10_000,
      },
    });
    expect([run, output]).toEqual([null, null]);
  });

  test("types what goes in, what its handler gets, and what comes out", () => {
    const task = defineTask({ name: "send-mail", input, output: z.object({ id: z.string() }) });
    expectTypeOf<InputOf<typeof task>>().toEqualTypeOf<{ to: string; at: string }>();
    expectTypeOf<OutputOf<typeof task>>().toEqualTypeOf<{ id: string }>();
    const implemented = task.implement(async ({ at }) => ({ id: at.toISOString() }));
    expect(implemented.run).toBeTypeOf("function");
    expect(task.run).toBeNull();
    // @ts-expect-error a handler that returns something else
    task.implement(async () => ({ id: 5 }));
  });

  test("tells in JSON what goes in, before its transforms", () => {
    expect(describeTask(defineTask({ name: "send-mail", input }))).toMatchObject({
      inputSchema: {
        type: "object",
        properties: { to: { type: "string", format: "email" }, at: { type: "string" } },
        required: ["to", "at"],
      },
      attempts: 3,
      timeoutMs: 300_000,
    });
    const odd = defineTask({
      name: "odd",
      input: z.object({ when: z.date(), map: z.map(z.string(), z.bigint()) }),
    });
    expect(describeTask(odd)).toMatchObject({ inputSchema: { type: "object" } });
  });

  test.each<[string, object, string]>([
    ["a name with a colon", { name: "a:b" }, "name"],
    ["a name that is too long", { name: "x".repeat(101) }, "name"],
    ["no schema", { input: { type: "object" } }, "input"],
    ["a schema of the output that is none", { output: "string" }, "output"],
    ["a handler that is none", { run: "later" }, "run"],
    ["no attempt", { retry: { attempts: 0 } }, "retry.attempts"],
    [
      "a backoff of another kind",
      { retry: { backoff: { type: "linear", delayMs: 1 } } },
      "retry.backoff.type",
    ],
    [
      "jitter over the whole",
      { retry: { backoff: { type: "fixed", delayMs: 1, jitter: 2 } } },
      "retry.backoff.jitter",
    ],
    ["no time", { timeoutMs: 0 }, "timeoutMs"],
    ["a rate of nothing", { rate: { limit: 0, intervalMs: 1_000 } }, "rate.limit"],
    ["a field that is none", { timeout: 5 }, "timeout"],
  ])("with %s is refused", (_, wrong, field) => {
    expect(() => defineTask({ name: "send-mail", input, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: "INVALID", details: expect.objectContaining({ field }) }),
    );
  });
});
