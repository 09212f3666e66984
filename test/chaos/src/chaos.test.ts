import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseChaosOptions } from "./chaos-options.ts";
import { runEpisode } from "./episode.ts";
import { planFaults } from "./faults/plan.ts";
import { formatReport } from "./run-chaos.ts";

test("a short run with a fixed seed has no findings", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-chaos-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const result = await runEpisode({ seed: "7", stage: "always", lengthMs: 8000, only: [], folder });
  expect(result.findings).toEqual([]);
  expect(result.messages).toBeGreaterThan(500);
  expect(result.deliveries).toBeGreaterThan(result.messages);
  expect(Object.values(result.faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
}, 120_000);

test("the same seed plans the same faults, and another one others", () => {
  const planned = (seed: string) =>
    planFaults(seed, "cluster", 20_000, []).map(({ atMs, fault, random }) => [
      atMs,
      fault.kind,
      random.next(),
    ]);
  expect(planned("1")).toEqual(planned("1"));
  expect(planned("1")).not.toEqual(planned("2"));
  expect(planned("1").length).toBeGreaterThan(60);
});

test("faults are planned where they make sense, and only those that were asked for", () => {
  const kinds = (only: string[]) =>
    new Set(planFaults("1", "everysec", 60_000, only).map(({ fault }) => fault.kind));
  expect(kinds([])).not.toContain("pair-promote");
  expect(kinds(["script-flush", "pair-promote"])).toEqual(new Set(["script-flush"]));
});

test("options are read, and what is not known is refused by name", () => {
  const options = parseChaosOptions(["--minutes", "30", "--seed", "7", "--only", "pair-promote"]);
  expect(options).toMatchObject({
    minutes: 30,
    seed: "7",
    only: ["pair-promote"],
    stages: ["pair"],
    json: false,
  });
  expect(() => parseChaosOptions(["--only", "nothing"])).toThrow("--only nothing: there is no such fault");
  expect(() => parseChaosOptions(["--minutes", "0"])).toThrow("--minutes 0");
  expect(() => parseChaosOptions(["--stage", "pair", "--only", "network-cut", "--only", "x"])).toThrow(
    "--only x",
  );
});

test("a report tells the seed, the faults by kind and the findings", () => {
  const report = formatReport({
    seed: "7",
    episodes: 1,
    seconds: 20,
    faults: { "script-flush": 2, "client-kill": 3 },
    messages: 10,
    deliveries: 20,
    allowedLosses: { leader: 1 },
    findings: [{ episode: "0-pair", anomaly: "gap", detail: "somewhere" }],
  });
  expect(report).toContain("5 faults: client-kill 3, script-flush 2");
  expect(report).toContain("1 at acks leader");
  expect(report).toContain("1 findings");
});
