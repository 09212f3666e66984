import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines, type Hurried } from "./deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function deadlines() {
  const running = new Map<string, Hurried>();
  const all = new Deadlines(running);
  const late: number[] = [];
  const end = (number: number) => void running.delete(String(number));
  const add = (number: number, ms: number) => {
    const told = () => {
      late.push(number);
      end(number);
    };
    const one = { deadline: performance.now() + ms, late: told };
    running.set(String(number), one);
    all.begun(one);
  };
  return { all, late, add, end };
}

test("each is told at its time, with one timer for all", () => {
  const { late, add } = deadlines();
  add(1, 100);
  vi.advanceTimersByTime(40);
  add(2, 100);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(59);
  expect(late).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(late).toEqual([1]);
  vi.advanceTimersByTime(40);
  expect(late).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what has ended is not told, and those behind it are at their own time", () => {
  const { late, add, end } = deadlines();
  add(1, 100);
  end(1);
  vi.advanceTimersByTime(50);
  add(2, 100);
  vi.advanceTimersByTime(99);
  expect(late).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(late).toEqual([2]);
  add(3, 100);
  vi.advanceTimersByTime(100);
  expect(late).toEqual([2, 3]);
});

test("nothing is told behind a stop", () => {
  const { all, late, add } = deadlines();
  add(1, 100);
  all.stop();
  vi.advanceTimersByTime(1_000);
  expect([late, vi.getTimerCount()]).toEqual([[], 0]);
});
