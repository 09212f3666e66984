import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import type { StoredMessage } from "@tidegate/core";
import { eventually } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../fixtures/cli.ts";

let cli: TestCli;
let folder: string;
let topics = 0;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  folder = mkdtempSync(join(tmpdir(), "tidegate-cli-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await cli.stop();
});

async function makeTopic(settings: object = {}): Promise<string> {
  const topic = `made-${topics++}`;
  await cli.engine.topics.put(topic, { partitions: 1, ...settings });
  return topic;
}

const log = async (topic: string, partition = 0) =>
  (await cli.engine.read(topic, partition, { from: "earliest", limit: 1_000 })).messages;
const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());
const headersOf = ({ headers }: StoredMessage) =>
  Object.fromEntries(headers.map(({ key, value }) => [key, text(value)]));

const ways = [
  ["over HTTP", (...args: Parameters<TestCli["run"]>) => cli.run(...args)],
  ["straight to Redis", (...args: Parameters<TestCli["run"]>) => cli.runOnRedis(...args)],
] as const;

test.each(ways)("%s: lines become messages, in their order and with their bytes", async (_, run) => {
  const topic = await makeTopic();
  const stdin = Buffer.concat([
    Buffer.from("first\r\n\nüber\n"),
    Buffer.from([0xff, 0x0a]),
    Buffer.from("last"),
  ]);
  const ended = await run(["produce", topic], { stdin });
  expect(ended).toMatchObject({ code: 0, stdout: `Published 5 messages to ${topic}\n`, stderr: "" });
  const stored = await log(topic);
  expect(stored.map(({ value }) => Buffer.from(value!).toString("latin1"))).toEqual(
    ["first", "", "über", "\xff", "last"].map((line, index) =>
      index === 2 ? Buffer.from(line).toString("latin1") : line,
    ),
  );
  expect(stored.map(headersOf)).toEqual(Array(5).fill({ "content-type": "text/plain" }));
});

test.each(ways)("%s: keys, headers, partition and delay are as told", async (_, run) => {
  const topic = await makeTopic({ partitions: 3 });
  const stdin = "ada::one::two\nbob::\n";
  const options = ["--key-separator", "::", "--partition", "2", "-H", "a=1", "-H", "b=x=y"];
  expect(await run(["produce", topic, ...options], { stdin })).toMatchObject({ code: 0 });
  const stored = await log(topic, 2);
  expect(stored.map(({ key, value }) => [text(key), text(value)])).toEqual([
    ["ada", "one::two"],
    ["bob", ""],
  ]);
  expect(headersOf(stored[0]!)).toEqual({ a: "1", b: "x=y", "content-type": "text/plain" });
  expect(await run(["produce", topic, "--delay", "1h", "--key", "k"], { stdin: "later" })).toMatchObject({
    code: 0,
  });
  const { partitionStates } = await cli.engine.topics.describe(topic);
  expect(partitionStates.reduce((sum, { delayed }) => sum + delayed, 0)).toBe(1);
});

test.each(ways)("%s: JSON, whole messages, and a file as one value", async (_, run) => {
  const topic = await makeTopic();
  expect(await run(["produce", topic, "--format", "json"], { stdin: '{"a":1}\n[2]\n' })).toMatchObject({
    code: 0,
  });
  const whole = { key: "k", value: { b: 2 }, headers: { h: "v" }, partition: 7, offset: 9 };
  const bytes = { keyBase64: "/w==", valueBase64: "/v8=", headers: {} };
  const lines = `${JSON.stringify(whole)}\n${JSON.stringify(bytes)}\n`;
  expect(await run(["produce", topic, "--format", "message"], { stdin: lines })).toMatchObject({ code: 0 });
  const file = join(folder, "raw.bin");
  writeFileSync(file, Buffer.from("a\nb\n"));
  const raw = ["--format", "raw", "--file", file, "-H", "content-type=application/octet-stream"];
  expect((await run(["produce", topic, ...raw, "--json"])).json()).toMatchObject({ topic, published: 1 });
  const stored = await log(topic);
  expect(stored.map(({ value }) => Buffer.from(value!).toString("latin1"))).toEqual([
    ...['{"a":1}', "[2]", '{"b":2}', "\xfe\xff", "a\nb\n"],
  ]);
  const types = [
    "application/json",
    "application/json",
    "application/json",
    undefined,
    "application/octet-stream",
  ];
  expect(stored.map((message) => headersOf(message)["content-type"])).toEqual(types);
  expect(text(stored[2]!.key)).toBe("k");
  expect(headersOf(stored[2]!)).toMatchObject({ h: "v" });
  expect([...stored[3]!.key!]).toEqual([0xff]);
});

test.each(ways)("%s: with an idempotency prefix a second run publishes nothing twice", async (_, run) => {
  const topic = await makeTopic();
  const argv = ["produce", topic, "--idempotency-prefix", "import-"];
  await run(argv, { stdin: "a\nb\n" });
  const again = await run(argv, { stdin: "a\nb\nc\n" });
  expect(again.stdout).toContain("Published 3 messages");
  expect(again.stdout).toContain("2 of them had been published before");
  expect((await log(topic)).map(({ value }) => text(value))).toEqual(["a", "b", "c"]);
  const other = await run(argv, { stdin: "a\nx\n" });
  expect(other).toMatchObject({ code: 1, stdout: "" });
  expect(other.stderr).toContain("error: IDEMPOTENCY_CONFLICT");
  expect(other.stderr).toContain("(line 2)");
});

test.each(ways)("%s: the first refusal ends it, and names its line", async (_, run) => {
  const topic = await makeTopic({ maxMessageBytes: 10 });
  const long = await run(["produce", topic], { stdin: `a\n${"x".repeat(11)}\n` });
  expect(long).toMatchObject({ code: 1, stdout: "" });
  expect(long.stderr).toMatch(/^error: MESSAGE_TOO_LARGE .*\(line 2, value, limit 10\)$/m);
  expect(long.stderr).not.toContain("messages[");
  const endless = await run(["produce", topic], {
    stdin: Readable.from(Array(100).fill("x".repeat(100_000))),
  });
  expect(endless).toMatchObject({ code: 1, stdout: "" });
  expect(endless.stderr).toContain("error: MESSAGE_TOO_LARGE A line is longer than any message");
  const json = await run(["produce", topic, "--format", "json"], { stdin: '1\n{"a\n' });
  expect(json).toMatchObject({ code: 1, stdout: "" });
  expect(json.stderr).toMatch(/^error: INVALID Line 2 is not JSON/m);
  const sale = await makeTopic({ placement: "together", gate: { id: "sale", stock: 2 } });
  const sold = await run(["produce", sale], { stdin: "a\nb\nc\nd\n" });
  expect(sold.code).toBe(1);
  expect(sold.stderr).toContain("2 messages were published\n");
  expect(sold.stderr).toMatch(/^error: SOLD_OUT .*\(line 3\)$/m);
});

test.each(ways)("%s: many lines keep their order", async (_, run) => {
  const topic = await makeTopic();
  const lines = Array.from({ length: 25_000 }, (_, index) => `line ${index}`);
  const ended = await run(["produce", topic, "--json"], { stdin: `${lines.join("\n")}\n` });
  expect(ended.json()).toMatchObject({ published: 25_000, duplicates: 0 });
  const values: (string | null)[] = [];
  for (let from = 0; from < 25_000; ) {
    const page = await cli.engine.read(topic, 0, { from, limit: 1_000 });
    values.push(...page.messages.map(({ value }) => text(value)));
    from = page.nextOffset;
  }
  expect(values).toEqual(lines);
});

test("a line that is typed leaves before the next", async () => {
  const topic = await makeTopic();
  const stdin = new PassThrough();
  const running = cli.run(["produce", topic], { stdin });
  stdin.write("first\n");
  await eventually("it is in the log", async () => (await log(topic)).length === 1);
  stdin.end("second");
  expect(await running).toMatchObject({ code: 0 });
  expect(await log(topic)).toHaveLength(2);
});

test("a rate spreads messages over time", async () => {
  const topic = await makeTopic();
  const startedAt = performance.now();
  const ended = await cli.runOnRedis(["produce", topic, "--rate", "100"], { stdin: "x\n".repeat(60) });
  expect(ended.code).toBe(0);
  // 60 messages at 100 a second, in steps of 5: the last step is due after 0.55 s. Never sooner, however slow the machine.
  expect(performance.now() - startedAt).toBeGreaterThan(500);
  expect(await log(topic)).toHaveLength(60);
});

test("ctrl-C ends a produce that waits for input, and what came before is published", async () => {
  const topic = await makeTopic();
  const stdin = new PassThrough();
  const interruption = new AbortController();
  const { Interruption } = await import("../io.ts");
  const running = cli.run(["produce", topic], { stdin, signal: interruption.signal });
  stdin.write("first\nhalf a line");
  await eventually("it is in the log", async () => (await log(topic)).length === 1);
  interruption.abort(new Interruption("SIGINT"));
  expect(await running).toMatchObject({ code: 130, stdout: "", stderr: "1 message was published\n" });
});

test.each([
  [["produce"], 2, "missing required argument 'topic'"],
  [["produce", "no-such-topic"], 1, "error: TOPIC_NOT_FOUND"],
  [["produce", "any", "--file", "/no/such/file"], 2, "/no/such/file cannot be read"],
  [["produce", "any", "--file", "/"], 2, "it is a directory"],
  [["produce", "any", "--rate", "0"], 2, "whole number from 1"],
  [["produce", "any", "--format", "xml"], 2, "Allowed choices"],
  [["produce", "any", "--acks", "all"], 2, "Allowed choices"],
  [["produce", "any", "-H", "novalue"], 2, "It is name=value"],
  [["produce", "any", "--key-separator", ""], 2, "--key-separator is empty"],
  [["produce", "any", "--key-separator", ":"], 1, "Line 1 has no"],
  [["produce", "any", "--format", "raw", "--key-separator", ":"], 2, "goes with text and json"],
  [["produce", "any", "--format", "message", "--key-separator", ":"], 2, "goes with text and json"],
  [["produce", "any", "--format", "message"], 1, "Line 1 is not JSON"],
  [["produce", "any", "--partition", "99"], 1, "error: PARTITION_NOT_FOUND"],
])("%j is refused", async (argv, code, text) => {
  await cli.engine.topics.put("any", { partitions: 1 });
  const ended = await cli.run(argv, { stdin: "x\n" });
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(text);
  expect((await cli.engine.topics.describe("any")).partitionStates[0]!.end).toBe(0);
});
