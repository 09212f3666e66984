import { expect, test } from "vitest";
import { PrefetchDepth } from "./prefetch-depth.ts";

function depthAfter(atOnce: number, fetchMs: number, handlingMs: number): number {
  const depth = new PrefetchDepth(atOnce);
  depth.fetched(fetchMs);
  depth.handled(handlingMs);
  return depth.ahead;
}

test("as many leases are ahead as are handled while one is fetched, within bounds", () => {
  expect(new PrefetchDepth(1).ahead).toBe(1);
  expect(depthAfter(1, 1, 100)).toBe(1);
  expect(depthAfter(1, 2, 1)).toBe(2);
  expect(depthAfter(1, 2, 0)).toBe(4);
  expect(depthAfter(10, 1, 5)).toBe(2);
  expect(depthAfter(1, 1, 5_000)).toBe(0);
});

test("the newest measurements count most", () => {
  const depth = new PrefetchDepth(1);
  depth.fetched(1);
  depth.handled(5_000);
  for (let lease = 0; lease < 20; lease++) depth.handled(0);
  expect(depth.ahead).toBeGreaterThan(0);
});

test("what is handled soon is fetched together", () => {
  const depth = new PrefetchDepth(1);
  expect(depth.together).toBe(1);
  depth.handled(15);
  expect(depth.together).toBe(2);
  depth.handled(0);
  for (let call = 0; call < 20; call += 1) depth.handled(1);
  expect(depth.together).toBe(4);
  for (let call = 0; call < 20; call += 1) depth.handled(10_000);
  expect(depth.together).toBe(1);
});
