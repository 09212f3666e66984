import { expect, test } from "vitest";
import { runBench } from "./bench.ts";
import { parseBenchOptions } from "./bench-options.ts";
import { scenarios } from "./scenarios.ts";

/** Idleness is watched for a minute with MONITOR, which a busy machine cuts off now and then: not in a test. */
const measured = scenarios.filter(({ name }) => name !== "idle");

test("a tiny run measures its scenarios, and its last line is the documented JSON", async () => {
  const lines: string[] = [];
  const only = measured.flatMap(({ name }) => ["--only", name]);
  const options = { ...parseBenchOptions(["--json", ...only]), pace: "tiny" as const };
  const told: string[] = [];
  const print = (text: string) => lines.push(...text.split("\n"));
  expect(await runBench(options, { print, tell: (text) => told.push(text) }), told.join("\n")).toBe(true);
  const { machine, rows } = JSON.parse(lines.at(-1)!);
  expect(machine).toMatchObject({ cpus: expect.any(Number), node: process.versions.node });
  const expected = measured.flatMap(({ name, payloadBytes, figures }) =>
    payloadBytes.flatMap((bytes) => figures.map(({ unit }) => [name, bytes, unit])),
  );
  expect(
    rows.map((row: { scenario: string; payloadBytes: number; unit: string }) => [
      row.scenario,
      row.payloadBytes,
      row.unit,
    ]),
  ).toEqual(expected);
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(["scenario", "payloadBytes", "unit", "tidegate", "peers"]);
    expect(row.tidegate).toBeGreaterThan(0);
    expect(row.peers.bullmq ?? 1).toBeGreaterThan(0);
  }
  expect(lines.filter((line) => line.startsWith("| "))).toHaveLength(2 + rows.length);
}, 120_000);

test.each([
  [["--only", "nothing"], "--only nothing: there is no such scenario, only produce, consume, "],
  [["--payload-bytes", "15"], "--payload-bytes 15: must be a whole number from 16 to 10240"],
  [["--payload-bytes", "1e9"], "--payload-bytes 1e9: must be"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (argv, message) => {
  expect(() => parseBenchOptions(argv)).toThrow(message);
});
