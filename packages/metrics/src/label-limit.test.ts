import { expect, test } from "vitest";
import { ByPlace } from "./by-place.ts";
import { LabelLimit, type PlaceLabels } from "./label-limit.ts";

const minute = 60_000;

/** A limit with a clock, and counters of which the series are known. */
function limited(limit: number) {
  let now = 0;
  const series = new Map<string, number>();
  const labels = new LabelLimit(limit, () => now);
  const counters = new ByPlace(labels, (of: PlaceLabels) => {
    const name = Object.values(of).join("/");
    series.set(name, 0);
    return { add: () => series.set(name, series.get(name)! + 1), remove: () => series.delete(name) };
  });
  const there = new Set<string>();
  /** A look at what is there, after so many minutes. */
  const look = (minutes: number) => {
    now += minutes * minute;
    labels.keep((topic, group) => there.has(group === null ? topic : `${topic}/${group}`));
  };
  return { labels, counters, series, there, look };
}

test("what has not been there for some minutes makes room", () => {
  const { labels, counters, series, there, look } = limited(2);
  for (const topic of ["a", "b", "c"]) counters.of(topic, "g").add();
  counters.of("b").add();
  expect(Object.fromEntries(series)).toEqual({ "a/g": 1, "b/g": 1, b: 1, "other/other": 1 });
  expect(labels).toMatchObject({ topics: 2, groups: 2, reached: true });
  there.add("a").add("a/g");
  look(1);
  look(3);
  expect(labels).toMatchObject({ topics: 2, groups: 2, reached: false });
  look(1);
  expect(Object.fromEntries(series)).toEqual({ "a/g": 1, "other/other": 1 });
  counters.of("c", "g").add();
  expect(Object.fromEntries(series)).toEqual({ "a/g": 1, "other/other": 1, "c/g": 1 });
  expect(labels).toMatchObject({ topics: 2, groups: 2, reached: false });
});

test("what is counted is not forgotten, though no figures tell of it", () => {
  const { counters, series, look } = limited(2);
  for (let round = 0; round < 5; round += 1) {
    counters.of("a", "g").add();
    look(2);
  }
  expect(Object.fromEntries(series)).toEqual({ "a/g": 5 });
  look(4);
  expect(series.size).toBe(0);
});

test("a group is forgotten without its topic, and begins anew", () => {
  const { labels, counters, series, there, look } = limited(10);
  counters.of("a").add();
  counters.of("a", "g").add();
  there.add("a");
  look(1);
  look(4);
  expect(Object.fromEntries(series)).toEqual({ a: 1 });
  counters.of("a", "g").add();
  expect(Object.fromEntries(series)).toEqual({ a: 1, "a/g": 1 });
  expect(labels).toMatchObject({ topics: 1, groups: 1 });
});

test("names that look like each other are told apart", () => {
  const { counters, series } = limited(10);
  counters.of("other").add();
  counters.of("__proto__", "constructor").add();
  counters.of("__proto__", "constructor").add();
  expect(series.get("__proto__/constructor")).toBe(2);
});
