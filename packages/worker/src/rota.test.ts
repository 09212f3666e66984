import { TidegateError } from "@tidegate/contracts";
import type { WaitOptions } from "@tidegate/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Rota } from "./rota.ts";
import type { WorkerSettings } from "./worker-options.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A rota whose partitions wait until `wake` is called. */
function rotaOf(partitions: number) {
  const waits = new Map<number, { options: WaitOptions; wake: () => void; fail: (error: unknown) => void }>();
  const groups = {
    wait: (_topic: string, _group: string, [partition]: readonly number[], options: WaitOptions) =>
      new Promise<void>((resolve, reject) => waits.set(partition!, { options, wake: resolve, fail: reject })),
  };
  const settings = { topic: "orders", group: "billing", groups } as unknown as WorkerSettings;
  const turns = { count: 0 };
  const errors: TidegateError[] = [];
  const onTurn = () => {
    turns.count += 1;
  };
  const rota = new Rota(partitions, { settings, onTurn, onError: (error) => errors.push(error) });
  const takeAll = () => {
    const taken: number[] = [];
    while (taken.length < 100) {
      const partition = rota.take();
      if (partition === null) break;
      taken.push(partition);
    }
    return taken;
  };
  return { rota, waits, turns, errors, takeAll };
}

describe("a rota", () => {
  test("gives each partition one turn, and the next after its answer", () => {
    const { rota, takeAll } = rotaOf(4);
    const first = takeAll();
    expect([...first].sort()).toEqual([0, 1, 2, 3]);
    rota.found(first[2]!, false);
    rota.found(first[0]!, false);
    expect(takeAll()).toEqual([first[2], first[0]]);
  });

  test("gives a partition that has more several turns at once, and stops at the first that finds nothing", async () => {
    const { rota, waits } = rotaOf(1);
    expect([rota.take(), rota.take()]).toEqual([0, null]);
    rota.found(0, true);
    expect([rota.take(), rota.take(), rota.take()]).toEqual([0, 0, 0]);
    rota.empty(0, null);
    expect([rota.take(), rota.asleep]).toEqual([null, false]);
    rota.empty(0, null);
    rota.empty(0, 5);
    expect(rota.asleep).toBe(true);
    expect(waits.get(0)!.options.untilAt).toBe(5);
  });

  test("of 16 idle partitions polls well under 60 times a minute, and of 1,000 no more often", () => {
    for (const partitions of [16, 1_000]) {
      const { rota, waits, takeAll } = rotaOf(partitions);
      for (let taken = takeAll(); taken.length > 0; taken = takeAll()) {
        for (const partition of taken) rota.empty(partition, null);
      }
      expect(waits.size).toBe(partitions);
      let perMinute = 0;
      for (const { options } of waits.values()) perMinute += 60_000 / options.timeoutMs;
      expect(perMinute).toBeLessThan(28);
      expect(new Set([...waits.values()].map(({ options }) => options.timeoutMs)).size).toBeGreaterThan(
        partitions / 2,
      );
    }
  });

  test("wakes a partition when its wait ends, and nobody after a stop", async () => {
    const { rota, waits, turns, takeAll } = rotaOf(2);
    for (const partition of takeAll()) rota.empty(partition, null);
    waits.get(1)!.wake();
    await vi.waitFor(() => expect(turns.count).toBe(1));
    expect(takeAll()).toEqual([1]);
    rota.stop();
    expect(waits.get(0)!.options.signal!.aborted).toBe(true);
    waits.get(0)!.wake();
    rota.found(1, true);
    await Promise.resolve();
    expect([turns.count, rota.take()]).toEqual([1, null]);
  });

  test("leaves a partition that was given up alone for a moment", async () => {
    vi.useFakeTimers();
    const { rota, turns } = rotaOf(1);
    rota.yielded(rota.take()!);
    expect([rota.take(), rota.asleep]).toEqual([null, false]);
    await vi.advanceTimersByTimeAsync(5);
    expect([turns.count, rota.take()]).toEqual([1, 0]);
  });

  test("lets a partition rest that wakes at once again and again with nothing", async () => {
    vi.useFakeTimers();
    const { rota, waits, turns } = rotaOf(1);
    const delays: number[] = [];
    for (let round = 0; round < 12; round++) {
      rota.take();
      rota.empty(0, 1);
      waits.get(0)!.wake();
      const before = Date.now();
      while (turns.count === round) await vi.advanceTimersByTimeAsync(1);
      delays.push(Date.now() - before);
    }
    expect(delays[0]).toBeLessThan(3);
    expect(delays.at(-1)).toBeGreaterThan(900);
    rota.stop();
  });

  test("lets a partition rest whose wait or call fails, and tells the error", async () => {
    vi.useFakeTimers();
    const { rota, waits, turns, errors } = rotaOf(1);
    rota.take();
    rota.empty(0, null);
    waits.get(0)!.fail(new TidegateError("TOPIC_NOT_FOUND"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([errors.map(({ code }) => code), turns.count]).toEqual([["TOPIC_NOT_FOUND"], 1]);
    expect(rota.take()).toBe(0);
    rota.troubled(0);
    await vi.advanceTimersByTimeAsync(999);
    expect(turns.count).toBe(1);
    await vi.advanceTimersByTimeAsync(1_002);
    expect(turns.count).toBe(2);
  });
});
