import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, noContent } from "../answer.ts";
import type { Call } from "../call.ts";
import { withinTime } from "./within-time.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const callOf = (waitMs = 0) =>
  ({ bodyEndedAt: null as number | null, waitMs }) as Call & { bodyEndedAt: number | null };

/** Whether it was answered, and with what. */
function watch(answer: Promise<Answer>) {
  const seen: { told: string | null } = { told: null };
  answer.then(
    ({ status }) => (seen.told = String(status)),
    ({ code }) => (seen.told = code),
  );
  return seen;
}

const never = new Promise<Answer>(() => {});

test("what takes too long is told so, and what does not is passed on", async () => {
  const seen = watch(withinTime(never, callOf(), false, 1_000));
  await vi.advanceTimersByTimeAsync(999);
  expect(seen.told).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.told).toBe("REDIS_UNAVAILABLE");
  expect(await withinTime(Promise.resolve(noContent()), callOf(), false, 1_000)).toEqual(noContent());
  await expect(withinTime(Promise.reject(new Error("own")), callOf(), false, 1_000)).rejects.toThrow("own");
  expect(vi.getTimerCount()).toBe(0);
});

test("a body that is still coming has the server's time, not the request's", async () => {
  const call = callOf();
  const seen = watch(withinTime(never, call, true, 1_000));
  await vi.advanceTimersByTimeAsync(7_300);
  call.bodyEndedAt = performance.now();
  await vi.advanceTimersByTimeAsync(999);
  expect(seen.told).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.told).toBe("REDIS_UNAVAILABLE");
});

test("what the caller wants to wait comes on top", async () => {
  const call = callOf();
  const seen = watch(withinTime(never, call, true, 1_000));
  await vi.advanceTimersByTimeAsync(10);
  call.bodyEndedAt = performance.now();
  call.waitMs = 20_000;
  await vi.advanceTimersByTimeAsync(20_999);
  expect(seen.told).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.told).toBe("REDIS_UNAVAILABLE");
});
