import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { Durations } from "./durations.ts";

const buckets = [0.005, 0.1, 1, 5];

/** The lines of a histogram, whatever the order of its labels. */
async function linesOf(registry: Registry): Promise<string[]> {
  const lines = (await registry.metrics()).trim().split("\n");
  return lines
    .map((line) => line.replace(/\{(.*)\}/, (_, labels) => `{${labels.split(",").sort().join()}}`))
    .sort();
}

test("durations are told as the library's own histogram tells them", async () => {
  const seconds = fc.oneof(
    fc.constantFrom(...buckets, 0),
    fc.integer({ min: 0, max: 8_000 }).map((ms) => ms / 1_000),
  );
  const observation = fc.tuple(fc.constantFrom("GET", "POST", 'a"b\\c\nd'), seconds);
  await fc.assert(
    fc.asyncProperty(fc.array(observation, { maxLength: 50 }), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const durations = new Durations(ours, "took_seconds", "How long it took.", buckets);
      const histogram = new Histogram({
        ...{ name: "took_seconds", help: "How long it took.", labelNames: ["method"], buckets },
        registers: [theirs],
      });
      const cells = new Map(
        ["GET", "POST", 'a"b\\c\nd'].map((method) => [method, durations.cell({ method })]),
      );
      for (const [method, took] of observations) {
        cells.get(method)!.observe(took);
        histogram.observe({ method }, took);
      }
      expect(await linesOf(ours)).toEqual(await linesOf(theirs));
    }),
  );
});

test("a registry's other verbs hold for it", async () => {
  const registry = new Registry();
  const durations = new Durations(registry, "took_seconds", "How long it took.", buckets);
  const cell = durations.cell({ method: "GET" });
  cell.observe(0.2);
  registry.setDefaultLabels({ shop: "one" });
  expect(await registry.metrics()).toContain('took_seconds_count{method="GET",shop="one"} 1');
  expect((await registry.getMetricsAsJSON())[0]).toMatchObject({ name: "took_seconds", type: "histogram" });
  registry.resetMetrics();
  expect(await registry.metrics()).not.toContain("took_seconds_count");
  cell.observe(0.2);
  cell.remove();
  expect(await registry.metrics()).not.toContain("took_seconds_count");
});
