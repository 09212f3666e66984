import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";
import { Interruption } from "../../io.ts";
import { Samples } from "./samples.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

const small = ["bench", "--messages", "2000", "--rate", "100", "--duration", "300ms"];

test.each([
  ["over HTTP", (...args: Parameters<TestCli["run"]>) => cli.run(...args)],
  ["straight to Redis", (...args: Parameters<TestCli["run"]>) => cli.runOnRedis(...args)],
])("%s: it measures, and leaves nothing behind", async (_, run) => {
  const ended = await run([...small, "--size", "64", "--json"]);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const figures = ended.json();
  expect(figures.size).toBe(64);
  for (const [part, messages] of Object.entries({ produce: 2_000, consume: 2_000, latency: 30 })) {
    expect(figures[part].messages).toBe(messages);
    expect(figures[part].perSecond).toBeGreaterThan(0);
    expect(figures[part].p50Ms).toBeGreaterThan(0);
    expect(figures[part].p99Ms).toBeGreaterThanOrEqual(figures[part].p50Ms);
  }
  expect(await cli.engine.topics.list()).toEqual([]);
});

test("for people it is a table", async () => {
  const { stdout } = await cli.runOnRedis(small);
  expect(stdout).toMatch(/MESSAGES +MESSAGES\/S +BYTES\/S +P50 MS +P99 MS\n/);
  expect(stdout).toMatch(/^produce +2,000 +[\d,]+ +[\d.]+ [KMG]iB +[\d.]+ +[\d.]+$/m);
});

test("ctrl-C leaves nothing behind either", async () => {
  const interruption = new AbortController();
  const running = cli.run(["bench", "--messages", "100_000_000"], { signal: interruption.signal });
  for (;;) {
    const [topic] = await cli.engine.topics.list();
    if (topic && (await cli.engine.topics.describe(topic.name)).partitionStates.some(({ end }) => end > 0))
      break;
  }
  interruption.abort(new Interruption("SIGINT"));
  expect(await running).toMatchObject({ code: 130, stdout: "" });
  expect(await cli.engine.topics.list()).toEqual([]);
});

test("percentiles are of what was seen", () => {
  const samples = new Samples();
  expect(samples.percentile(50)).toBeNull();
  for (let ms = 100; ms >= 1; ms -= 1) samples.add(ms);
  expect([1, 50, 99, 100].map((percent) => samples.percentile(percent))).toEqual([1, 50, 99, 100]);
});

test.each([
  [["--messages", "0"], "whole number from 1"],
  [["--size", "2MiB"], "--size is at most"],
  [["--size", "big"], "It is a size"],
  [["--rate", "fast"], "whole number"],
  [["--duration", "long"], "It is a time"],
  [["orders"], "too many arguments"],
])("bench %j is refused", async (argv, text) => {
  const ended = await cli.run(["bench", ...argv]);
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain(text);
});
