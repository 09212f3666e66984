import { OptionsError } from "@tidegate/demo-kit";
import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("without options: 20,000 buyers for 1,000 units, and a Redis of its own", () => {
  expect(readOptions([], {})).toEqual({
    buyers: 20_000,
    stock: 1_000,
    drainPerSecond: 500,
    push: false,
    page: false,
    port: 8090,
    json: false,
    redisUrl: null,
  });
});

test("every option is heard", () => {
  const args = ["--buyers", "400", "--stock=0", "--drain-per-second", "200", "--json"];
  expect(readOptions(args, { REDIS_URL: "redis://r:6379/2" })).toEqual({
    buyers: 400,
    stock: 0,
    drainPerSecond: 200,
    push: false,
    page: false,
    port: 8090,
    json: true,
    redisUrl: "redis://r:6379/2",
  });
});

test("a person at the page gets a sale at a pace that can be watched", () => {
  expect(readOptions(["--page", "--port", "0"], {})).toMatchObject({
    page: true,
    port: 0,
    stock: 300,
    drainPerSecond: 12,
  });
  expect(readOptions(["--page", "--stock", "9"], {})).toMatchObject({ stock: 9, drainPerSecond: 12 });
});

test("an empty REDIS_URL counts as none", () => {
  expect(readOptions([], { REDIS_URL: "" }).redisUrl).toBeNull();
});

test.each([
  [["--buyers", "many"], '--buyers must be a whole number from 1 to 1000000, not "many"'],
  [["--buyers", "0"], "--buyers must be"],
  [["--buyers", "1e3"], "--buyers must be"],
  [["--buyers", "1000001"], "--buyers must be"],
  [["--buyers", ""], "--buyers must be"],
  [["--buyers"], "--buyers"],
  [["--stock", "1.5"], "--stock must be"],
  [["--stock=-1"], "--stock must be"],
  [["--drain-per-second", "0"], "--drain-per-second must be"],
  [["--drain-per-second", "NaN"], "--drain-per-second must be"],
  [["--port", "65536"], "--port must be"],
  [["--colour", "red"], "--colour"],
  [["20000"], "20000"],
])("%j is refused in one line", (args, text) => {
  expect(() => readOptions(args, {})).toThrow(OptionsError);
  expect(() => readOptions(args, {})).toThrow(text);
  expect(() => readOptions(args, {})).not.toThrow("\n");
});

test("a REDIS_URL that is none is refused", () => {
  expect(() => readOptions([], { REDIS_URL: "localhost:6379" })).toThrow("REDIS_URL");
});
