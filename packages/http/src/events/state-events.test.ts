import { TidegateError } from "@tidegate/contracts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EventKind, stateEvents } from "./state-events.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface State {
  readonly name: string;
  readonly detail: number;
}

const kind: EventKind<State> = {
  tagOf: ({ name, detail }) => `${name}-${detail}`,
  show: ({ name, detail }) => JSON.stringify([name, detail]),
  isFinal: ({ name }) => name === "done",
  isNews: (state, told) => state.name !== told.name,
};

/** A stream whose states come when the test says so, and what was read of it. */
function open(first: State, ends: readonly AbortSignal[] = []) {
  let put: (state: State | Error | null) => void = () => {};
  let signal: AbortSignal | null = null;
  const states = (async function* () {
    for (;;) {
      const next = await new Promise<State | Error | null>((resolve) => (put = resolve));
      if (next === null) return;
      if (next instanceof Error) throw next;
      yield next;
    }
  })();
  const watch = (given: AbortSignal) => {
    signal = given;
    given.addEventListener("abort", () => put(null));
    return states;
  };
  const read: string[] = [];
  const stream = stateEvents({ kind, first, watch }, ends);
  const ended = (async () => {
    const utf8 = new TextDecoder();
    for await (const chunk of stream) read.push(utf8.decode(chunk));
  })();
  const come = async (state: State | Error | null) => {
    await vi.advanceTimersByTimeAsync(0);
    put(state);
    await vi.advanceTimersByTimeAsync(0);
  };
  const told = () =>
    read.flatMap((text) => [...text.matchAll(/data: (.*)/g)].map(([, data]) => JSON.parse(data!)));
  return { read, told, come, ended, isAborted: () => signal?.aborted ?? false };
}

test("another state is told at once, and of details the latest, once a second", async () => {
  const { told, come, ended } = open({ name: "a", detail: 0 });
  for (const detail of [1, 2, 3]) await come({ name: "a", detail });
  expect(told()).toEqual([["a", 0]]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told()).toEqual([
    ["a", 0],
    ["a", 3],
  ]);
  await come({ name: "a", detail: 4 });
  await come({ name: "b", detail: 4 });
  expect(told().slice(2)).toEqual([["b", 4]]);
  await come({ name: "b", detail: 5 });
  await come({ name: "b", detail: 4 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told()).toHaveLength(3);
  await come({ name: "done", detail: 9 });
  await come(null);
  await ended;
  expect(told().at(-1)).toEqual(["done", 9]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a comment every 15 seconds, and the end with the process", async () => {
  const stopping = new AbortController();
  const { read, ended, isAborted } = open({ name: "a", detail: 0 }, [stopping.signal]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(read).toEqual(['retry: 2000\nevent: state\nid: a-0\ndata: ["a",0]\n\n', ":\n\n", ":\n\n"]);
  stopping.abort();
  await ended;
  expect(isAborted()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("a final state is all that there is to tell, and what goes wrong is the last", async () => {
  const over = open({ name: "done", detail: 1 });
  await over.ended;
  expect(over.told()).toEqual([["done", 1]]);
  const failing = open({ name: "a", detail: 0 });
  await failing.come(new TidegateError("NOT_FOUND", "gone"));
  await failing.ended;
  expect(failing.read.at(-1)).toBe(
    'event: problem\ndata: {"code":"NOT_FOUND","detail":"gone","retryable":false}\n\n',
  );
});
