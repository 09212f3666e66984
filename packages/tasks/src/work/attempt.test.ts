import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attempt } from "./attempt.ts";
import { Deadlines } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forever = () => new Promise(() => {});

function run(made: Attempt, handler: () => unknown) {
  return made.run(handler, null, null);
}

function attempt() {
  let abandoned = 0;
  const running = new Map<string, Attempt>();
  const deadlines = new Deadlines(running);
  const made = new Attempt("r", 100, {
    begun(attempt) {
      running.set("r", attempt);
      deadlines.begun(attempt);
    },
    over: () => void running.delete("r"),
    abandoned: () => {
      abandoned += 1;
    },
  });
  return { made, abandoned: () => abandoned };
}

test("what the handler returns or throws is its end, at once or later", async () => {
  expect(run(attempt().made, () => 7)).toEqual({ how: "returned", value: 7 });
  expect(await run(attempt().made, async () => 7)).toEqual({ how: "returned", value: 7 });
  const thrown = new Error("x");
  const failing = () => {
    throw thrown;
  };
  expect(run(attempt().made, failing)).toEqual({ how: "threw", thrown });
});

test("a handler that never ends is let go when its time is up and a second more", async () => {
  const { made, abandoned } = attempt();
  const end = run(made, forever);
  await vi.advanceTimersByTimeAsync(100);
  expect(made.signal.aborted).toBe(true);
  expect(made.signal.reason.name).toBe("TimeoutError");
  expect(made.over).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ how: "interrupted", by: "timeout" });
  expect(abandoned()).toBe(1);
});

test("a handler that listens ends its attempt at once, and what it returns is of no account", async () => {
  const { made, abandoned } = attempt();
  const end = run(made, () => new Promise((resolve) => made.signal.addEventListener("abort", resolve)));
  await vi.advanceTimersByTimeAsync(100);
  expect(await end).toEqual({ how: "interrupted", by: "timeout" });
  expect(abandoned()).toBe(0);
});

test("the first interruption counts", async () => {
  const { made } = attempt();
  const end = run(made, forever);
  made.interrupt("cancelled");
  made.interrupt("stopped");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ how: "interrupted", by: "cancelled" });
});

test("who returns in the moment of a stop has returned; who throws has not failed", async () => {
  const returning = attempt().made;
  const returned = run(
    returning,
    () => new Promise((resolve) => returning.signal.addEventListener("abort", () => resolve(1))),
  );
  returning.interrupt("stopped");
  expect(await returned).toEqual({ how: "returned", value: 1 });
  const throwing = attempt().made;
  const threw = run(
    throwing,
    () => new Promise((_, reject) => throwing.signal.addEventListener("abort", () => reject(new Error("x")))),
  );
  throwing.interrupt("stopped");
  expect(await threw).toEqual({ how: "interrupted", by: "stopped" });
});

test("a signal that is asked for late is aborted already", async () => {
  const { made } = attempt();
  const end = run(made, forever);
  made.interrupt("lost");
  expect(made.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ how: "interrupted", by: "lost" });
});
