import { expect, test } from "vitest";
import { runFuzz } from "./fuzz.ts";
import { parseFuzzOptions } from "./fuzz-options.ts";
import { renderReport } from "./render-report.ts";

test("six thousand requests find nothing", async () => {
  const options = { requests: 6000, seed: 1, session: null };
  const report = await runFuzz(options, () => {});
  expect([...report.ledger.findings.values()], renderReport(report, options)).toEqual([]);
  expect(report.ledger.requests).toBe(6000);
  expect(report.topics).toBeGreaterThan(50);
  // Deep enough to tell something: nearly every operation succeeds, though it needs others before it.
  for (const [operation, { asked, succeeded }] of report.ledger.operations) {
    expect(asked, operation).toBeGreaterThan(0);
    if (!/redrive/.test(operation)) expect(succeeded, operation).toBeGreaterThan(0);
  }
}, 120_000);

test.each([
  [["--requests", "99"], "--requests 99: must be a whole number from 100 to"],
  [["--seed", "x"], "--seed x: must be"],
  [["--session", "-1"], "Option '--session' argument is ambiguous"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (argv, message) => {
  expect(() => parseFuzzOptions(argv)).toThrow(message);
});
