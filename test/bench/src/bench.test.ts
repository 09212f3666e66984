import { expect, test } from "vitest";
import { runBench } from "./bench.ts";
import { parseBenchOptions } from "./bench-options.ts";

test("a tiny run measures every scenario, and its last line is the documented JSON", async () => {
  const lines: string[] = [];
  const tiny = { bytes: 512 * 1024, messages: 800, rounds: 1 };
  const options = {
    ...parseBenchOptions(["--quick", "--json", "--payload-bytes", "128", "--payload-bytes", "10240"]),
    ...tiny,
  };
  await runBench(options, (text) => lines.push(...text.split("\n")));
  const { machine, rows } = JSON.parse(lines.at(-1)!);
  expect(machine).toMatchObject({ cpus: expect.any(Number), node: process.versions.node });
  expect(
    rows.map((row: { scenario: string; payloadBytes: number }) => [row.scenario, row.payloadBytes]),
  ).toEqual(
    ["produce", "consume"].flatMap((scenario) => [
      [scenario, 128],
      [scenario, 10_240],
    ]),
  );
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(["scenario", "payloadBytes", "unit", "tidegate", "peers"]);
    expect(Object.keys(row.peers)).toEqual(["bullmq", "raw"]);
    expect(row.unit).toBe("messages/s");
    for (const rate of [row.tidegate, row.peers.bullmq]) expect(rate).toBeGreaterThan(0);
  }
  expect(lines.filter((line) => line.startsWith("| "))).toHaveLength(2 + rows.length);
}, 60_000);

test.each([
  [["--only", "nothing"], "--only nothing: there is no such scenario, only produce, consume"],
  [["--payload-bytes", "15"], "--payload-bytes 15: must be a whole number from 16 to 10240"],
  [["--payload-bytes", "1e9"], "--payload-bytes 1e9: must be"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (argv, message) => {
  expect(() => parseBenchOptions(argv)).toThrow(message);
});
