import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attempt } from "./attempt.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const forever = () => new Promise(() => {});

function attempt() {
  let abandoned = 0;
  const made = new Attempt({
    begun: () => {},
    over: () => {},
    abandoned: () => {
      abandoned += 1;
    },
  });
  return { made, abandoned: () => abandoned };
}

test("what the handler returns or throws is its end, at once or later", async () => {
  expect(attempt().made.run(() => 7, 100)).toEqual({ how: "returned", value: 7 });
  expect(await attempt().made.run(async () => 7, 100)).toEqual({ how: "returned", value: 7 });
  const thrown = new Error("x");
  const failing = () => {
    throw thrown;
  };
  expect(attempt().made.run(failing, 100)).toEqual({ how: "threw", thrown });
  expect(vi.getTimerCount()).toBe(0);
});

test("a handler that never ends is let go when its time is up and a second more", async () => {
  const { made, abandoned } = attempt();
  const end = made.run(forever, 100);
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
  const end = made.run(() => new Promise((resolve) => made.signal.addEventListener("abort", resolve)), 100);
  await vi.advanceTimersByTimeAsync(100);
  expect(await end).toEqual({ how: "interrupted", by: "timeout" });
  expect(abandoned()).toBe(0);
});

test("the first interruption counts", async () => {
  const { made } = attempt();
  const end = made.run(forever, 100);
  made.interrupt("cancelled");
  made.interrupt("stopped");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ how: "interrupted", by: "cancelled" });
});

test("who returns in the moment of a stop has returned; who throws has not failed", async () => {
  const returning = attempt().made;
  const returned = returning.run(
    () => new Promise((resolve) => returning.signal.addEventListener("abort", () => resolve(1))),
    100,
  );
  returning.interrupt("stopped");
  expect(await returned).toEqual({ how: "returned", value: 1 });
  const throwing = attempt().made;
  const threw = throwing.run(
    () => new Promise((_, reject) => throwing.signal.addEventListener("abort", () => reject(new Error("x")))),
    100,
  );
  throwing.interrupt("stopped");
  expect(await threw).toEqual({ how: "interrupted", by: "stopped" });
});

test("a signal that is asked for late is aborted already", async () => {
  const { made } = attempt();
  const end = made.run(forever, 100);
  made.interrupt("lost");
  expect(made.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ how: "interrupted", by: "lost" });
});
