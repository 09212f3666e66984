import { expect, test } from "vitest";
import { Pacer } from "./pacer.ts";

/** A clock whose sleepers wake late by `latenessMs`. */
function clockOf(latenessMs = 0) {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms + latenessMs;
    },
    advance: (ms: number) => {
      now += ms;
    },
  };
}

test("after n orders the next wait for n / rate", async () => {
  const clock = clockOf();
  const pacer = new Pacer(500, 0, clock);
  await pacer.take(50);
  expect(clock.now()).toBe(0);
  await pacer.take(5);
  expect(clock.now()).toBe(100);
  await pacer.take(50);
  expect(clock.now()).toBe(110);
});

test("time that was lost or not used is not made up for", async () => {
  const clock = clockOf(7);
  const pacer = new Pacer(100, 0, clock);
  await pacer.take(10);
  await pacer.take(10);
  await pacer.take(10);
  expect(clock.now()).toBe(214);
  clock.advance(60_000);
  await pacer.take(10);
  const before = clock.now();
  await pacer.take(1);
  expect(clock.now() - before).toBe(107);
});

test("a process that takes over waits for what the former may have taken", async () => {
  const clock = clockOf();
  const pacer = new Pacer(10, 1, clock);
  await pacer.take(1);
  expect(clock.now()).toBe(100);
});

test("a stop does not wait", async () => {
  const pacer = new Pacer(1, 100);
  await expect(pacer.take(1, AbortSignal.abort())).rejects.toThrow();
});
