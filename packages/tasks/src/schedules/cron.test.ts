import { defaultRepeatStrategy } from "bullmq";
import { describe, expect, test } from "vitest";
import { nextOfCron, requireCron } from "./cron.ts";

/** The next times, as BullMQ's own strategy and ours say: both must agree. */
function nextTimes(cron: string, timeZone: string, from: string, count: number): string[] {
  const times: string[] = [];
  let at = Date.parse(from);
  while (times.length < count) {
    const next = nextOfCron(cron, timeZone, at)!;
    expect(defaultRepeatStrategy(at, { pattern: cron, tz: timeZone })).toBe(next);
    at = next;
    times.push(new Date(at).toISOString().slice(0, 16));
  }
  return times;
}

describe("when the clock is moved forward", () => {
  test("what falls into the hour left out comes an hour later, once", () => {
    expect(nextTimes("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 4)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:30",
      "2026-03-30T00:30",
      "2026-03-31T00:30",
    ]);
  });

  test("what comes each hour goes on each hour", () => {
    expect(nextTimes("0 * * * *", "Europe/Berlin", "2026-03-28T23:30Z", 3)).toEqual([
      "2026-03-29T00:00",
      "2026-03-29T01:00",
      "2026-03-29T02:00",
    ]);
  });

  test("nine o'clock stays nine o'clock", () => {
    expect(nextTimes("0 9 * * *", "America/New_York", "2026-03-07T00:00Z", 3)).toEqual([
      "2026-03-07T14:00",
      "2026-03-08T13:00",
      "2026-03-09T13:00",
    ]);
  });
});

describe("when the clock is moved back", () => {
  test("what falls into the hour that comes twice comes once", () => {
    expect(nextTimes("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00Z", 4)).toEqual([
      "2026-10-24T00:30",
      "2026-10-25T00:30",
      "2026-10-26T01:30",
      "2026-10-27T01:30",
    ]);
  });

  test("what comes each half hour goes on each half hour", () => {
    expect(nextTimes("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 5)).toEqual([
      "2026-10-25T00:00",
      "2026-10-25T00:30",
      "2026-10-25T01:00",
      "2026-10-25T01:30",
      "2026-10-25T02:00",
    ]);
  });
});

describe("an expression", () => {
  test.each([
    "* * * * *",
    "*/5 9-17 * * MON-FRI",
    "15 30 4 1 1 *",
    "@hourly",
    "0 0 29 2 *",
    "0 0 L * *",
    "0 0 * 3 THU",
  ])("%s is known", (cron) => requireCron(cron, "UTC", ""));

  test.each([
    "",
    "60 * * * *",
    "* * * *",
    "* * * * * * *",
    "0 0 30 2 *",
    "@reboot",
    "H * * * *",
    "*/0 * * * *",
    "later",
  ])("%s is refused", (cron) => {
    expect(() => requireCron(cron, "UTC", "when.")).toThrow(
      expect.objectContaining({ code: "INVALID", details: { field: "when.cron" } }),
    );
  });

  test.each(["Mars/Olympus", "local", ""])("the time zone %s is refused", (timeZone) => {
    expect(() => requireCron("* * * * *", timeZone, "")).toThrow(
      expect.objectContaining({ code: "INVALID", details: { field: "timeZone" } }),
    );
  });
});
