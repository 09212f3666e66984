import { expect, test } from "vitest";
import { WrittenCount } from "./written-count.ts";

const never = new AbortController().signal;

test("waits for as many as are asked for", async () => {
  const written = new WrittenCount();
  const reached = written.reaches(3, 10_000, never);
  for (const count of [1, 1, 2, 3]) {
    written.tell(count);
    await Promise.resolve();
  }
  expect(await reached).toBe(true);
  expect(await written.reaches(2, 10_000, never)).toBe(true);
});

test("gives up when nothing is told any more", async () => {
  expect(await new WrittenCount().reaches(1, 1, never)).toBe(false);
});

test("a stop ends the waiting", async () => {
  const stopping = new AbortController();
  const waiting = new WrittenCount().reaches(1, 10_000, stopping.signal);
  stopping.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
