import { expect, test } from "vitest";
import { StickyPartitioner } from "./partitioner.ts";

test("the sticky partitioner stays until a batch is full, and reaches every partition", () => {
  const sticky = new StickyPartitioner(1000);
  const chosen = Array.from({ length: 80 }, () => sticky.choose(100, 4));
  const runs = chosen.filter((partition, index) => partition !== chosen[index - 1]).length;
  expect(new Set(chosen).size).toBe(4);
  expect(runs).toBe(8);
});

test("the sticky partitioner moves on when what it gathered has left, and within the partitions that there are", () => {
  const sticky = new StickyPartitioner(1000);
  const first = sticky.choose(1, 3);
  sticky.left((first + 1) % 3, true);
  sticky.answered();
  sticky.left(first, false);
  sticky.answered();
  expect(sticky.choose(1, 3)).toBe(first);
  sticky.left(first, true);
  sticky.answered();
  expect(sticky.choose(1, 3)).toBe((first + 1) % 3);
  for (let n = 0; n < 10; n += 1) {
    sticky.left(sticky.choose(1, 2), true);
    sticky.answered();
    expect(sticky.choose(1, 2)).toBeLessThan(2);
  }
});

test("the sticky partitioner stays while enough calls are under way", () => {
  const sticky = new StickyPartitioner(1000);
  const first = sticky.choose(1, 8);
  sticky.left(first, true);
  const second = sticky.choose(1, 8);
  sticky.left(second, true);
  const third = sticky.choose(1, 8);
  expect(new Set([first, second, third]).size).toBe(3);
  sticky.left(third, true);
  expect(sticky.choose(1, 8)).toBe(third);
  sticky.answered();
  sticky.answered();
  sticky.left(third, true);
  expect(sticky.choose(1, 8)).not.toBe(third);
});

test("the sticky partitioner stays for a call's bytes while enough calls are under way", () => {
  const sticky = new StickyPartitioner(1000);
  const first = sticky.choose(900, 8);
  sticky.left((first + 4) % 8, true);
  expect(sticky.choose(900, 8)).not.toBe(first);
  sticky.left((first + 5) % 8, true);
  const chosen = Array.from({ length: 1_300 }, () => sticky.choose(900, 8));
  expect(new Set(chosen.slice(0, 1_000)).size).toBe(1);
  expect(new Set(chosen).size).toBe(2);
});
