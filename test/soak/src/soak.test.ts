import { expect, test } from "vitest";
import { judge, renderVerdict } from "./judge/verdict.ts";
import { runSoak } from "./soak.ts";
import { parseSoakOptions } from "./soak-options.ts";

test("fifteen seconds of soak: everything comes and goes, nothing fails, and every topic adds up", async () => {
  const options = { ...parseSoakOptions(["--minutes", "0.25", "--rate", "600"]), warmUpMs: 3000 };
  const { samples, verdict, findings } = await runSoak(options, () => {});
  expect(findings).toEqual([]);
  expect(samples.length).toBeGreaterThan(5);
  const last = samples.at(-1)!;
  for (const value of Object.values(last)) expect(value).toBeGreaterThan(0);
  expect(renderVerdict(verdict).split("\n")).toHaveLength(2 + 9);
  // Too short to judge what warms up; what is counted is flat from the beginning, but for two of the topics that pass, which may be on their
  // way at its end.
  expect(verdict.get("connections")).toMatchObject({ flat: true });
  expect(verdict.get("keys")!.growth).toBeLessThan(100);
}, 90_000);

test("a server that keeps some kilobytes of each topic is not flat", async () => {
  const sample = (minute: number) => ({
    ...{ atMs: minute * 60_000, messages: 50_000, retained: 1, keys: 140 + (minute % 3), connections: 6 },
    ...{ serverHeap: 30 + minute * 0.5 + (minute % 2), serverRss: 200, workerHeap: 25, workerRss: 150 },
    ...{ redisPerMessage: 155 + (minute % 4), channels: 10 },
  });
  const samples = Array.from({ length: 30 }, (_, minute) => sample(minute));
  const notFlat = [...judge(samples, 120_000)].filter(([, { flat }]) => !flat).map(([name]) => name);
  expect(notFlat).toEqual(["serverHeap"]);
});

test.each([
  [["--minutes", "0.1"], "--minutes 0.1: must be a number from 0.25 to 1440"],
  [["--rate", "many"], "--rate many: must be"],
  [["--fast"], "Unknown option '--fast'"],
])("%j is refused", (argv, message) => {
  expect(() => parseSoakOptions(argv)).toThrow(message);
});
