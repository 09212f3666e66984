import { eventually, startProxy } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { startCli, type TestCli } from "../fixtures/cli.ts";
import { Interruption } from "../io.ts";

let cli: TestCli;
let topics = 0;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

/** A topic of one partition, or more, with a message for each value. */
async function topicWith(values: readonly (string | Uint8Array)[], partitions = 1): Promise<string> {
  const topic = `read-${topics++}`;
  await cli.engine.topics.put(topic, { partitions });
  await append(topic, values);
  return topic;
}

async function append(topic: string, values: readonly (string | Uint8Array)[]): Promise<void> {
  const messages = values.map((value, index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(value),
    partition: 0,
    headers: [{ key: "content-type", value: Buffer.from("text/plain") }],
  }));
  for (let from = 0; from < messages.length; from += 1_000)
    await cli.engine.append(topic, messages.slice(from, from + 1_000));
}

const ways = [
  ["over HTTP", (...args: Parameters<TestCli["run"]>) => cli.run(...args)],
  ["straight to Redis", (...args: Parameters<TestCli["run"]>) => cli.runOnRedis(...args)],
] as const;

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);
const linesOf = (stdout: string) => stdout.split("\n").slice(0, -1);

/** What another consumer of the group gets at once, and how often each was delivered. */
async function leftTo(topic: string, group: string): Promise<{ value: string; attempt: number }[]> {
  const left: { value: string; attempt: number }[] = [];
  for (;;) {
    const { leases } = await cli.engine.groups.receive(topic, group, { maxMessages: 1_000 });
    if (leases.length === 0) return left;
    for (const { messages } of leases)
      left.push(
        ...messages.map(({ value, attempt }) => ({ value: Buffer.from(value!).toString(), attempt })),
      );
  }
}

test.each(ways)("%s: messages are printed as they are asked for", async (_, run) => {
  const topic = await topicWith(["one", "zwei ü", Buffer.from([0xff, 0x00])]);
  const read = (...argv: string[]) => run(["consume", topic, "--from-beginning", ...argv]);
  expect(await read()).toMatchObject({ code: 0, stdout: "one\nzwei ü\n/wA=\n", stderr: "" });
  expect((await read("--format", "key-value")).stdout).toBe("k0\tone\nk1\tzwei ü\nk2\t/wA=\n");
  expect((await read("--format", "key-value", "--key-separator", " => ", "-n", "1")).stdout).toBe(
    "k0 => one\n",
  );
  expect((await read("--format", "raw", "-n", "2")).stdout).toBe("onezwei ü");
  const json = (await read("--json")).jsonLines();
  expect(json).toMatchObject([
    { topic, partition: 0, offset: 0, key: "k0", value: "one", headers: { "content-type": "text/plain" } },
    { offset: 1, value: "zwei ü" },
    { offset: 2, valueBase64: "/wA=" },
  ]);
  expect((await read("--format", "json")).jsonLines()).toEqual(json);
});

test.each(ways)("%s: it begins where it is told", async (_, run) => {
  const topic = await topicWith(numbered(20), 2);
  const read = async (...argv: string[]) => linesOf((await run(["consume", topic, ...argv])).stdout);
  expect(await read("--partition", "0", "--offset", "17")).toEqual(["m17", "m18", "m19"]);
  expect(await read("--offset", "-2")).toEqual(["m18", "m19"]);
  expect(await read("--offset", "-1h")).toHaveLength(20);
  expect(await read("--offset", "2100-01-01")).toEqual([]);
  expect(await read("--offset", "earliest", "-n", "3")).toEqual(["m0", "m1", "m2"]);
  expect(await read("--from-beginning", "--partition", "1")).toEqual([]);
  const beyond = await run(["consume", topic, "--partition", "0", "--offset", "99"]);
  expect(beyond).toMatchObject({ code: 1, stdout: "" });
  expect(beyond.stderr).toContain("error: OFFSET_OUT_OF_RANGE");
  expect((await run(["groups", "list", topic, "--json"])).json()).toEqual({ groups: [] });
});

test.each(ways)("%s: without a place it prints what comes, of all partitions", async (_, run) => {
  const topic = await topicWith(["before"], 2);
  const interruption = new AbortController();
  let seen = "";
  const onOutput = (text: string) => {
    seen += text;
  };
  const running = run(["consume", topic, "--max-messages", "2"], { signal: interruption.signal, onOutput });
  // It begins at an end that is there when it looks: what is published until then it passes over.
  const publishing = setInterval(() => void cli.engine.append(topic, [{ value: Buffer.from("x") }]), 20);
  const ended = await running;
  clearInterval(publishing);
  expect(ended).toMatchObject({ code: 0, stdout: "x\nx\n", stderr: "" });
  expect(seen).toBe("x\nx\n");
});

test.each(ways)("%s: for a group it takes, acknowledges, and leaves the rest", async (_, run) => {
  const topic = await topicWith(numbered(2_500));
  const argv = ["consume", topic, "--group", "g"];
  const first = await run([...argv, "--max-messages", "1203"]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(linesOf(first.stdout)).toEqual(numbered(2_500).slice(0, 1203));
  expect(await cli.engine.groups.describe(topic, "g")).toMatchObject({ lag: 1297, inFlight: 0 });
  const rest = await run([...argv, "--json"]);
  expect(rest.jsonLines().map(({ value }) => value)).toEqual(numbered(2_500).slice(1203));
  expect(rest.jsonLines()[0]).toMatchObject({ topic, partition: 0, offset: 1203, attempt: 1 });
  expect(await cli.engine.groups.describe(topic, "g")).toMatchObject({ lag: 0, inFlight: 0 });
  expect(await run(argv)).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

test.each(ways)("%s: ctrl-C in the middle gives back at once what was not printed", async (_, run) => {
  const topic = await topicWith(numbered(5_000), 2);
  const interruption = new AbortController();
  const ended = await run(["consume", topic, "--group", "g", "--follow"], {
    signal: interruption.signal,
    onOutput: () => interruption.abort(new Interruption("SIGINT")),
  });
  expect(ended).toMatchObject({ code: 130, stderr: "" });
  const printed = linesOf(ended.stdout);
  expect(printed.length).toBeGreaterThan(0);
  expect(printed.length).toBeLessThan(5_000);
  const left = await leftTo(topic, "g");
  expect(left.every(({ attempt }) => attempt === 1)).toBe(true);
  expect([...printed, ...left.map(({ value }) => value)].sort()).toEqual(numbered(5_000).sort());
});

test.each(ways)("%s: ctrl-C while it waits ends it, and leaves nothing leased", async (_, run) => {
  const topic = await topicWith(["first"]);
  const interruption = new AbortController();
  let seen = "";
  const running = run(["consume", topic, "--group", "g", "--follow"], {
    signal: interruption.signal,
    onOutput: (text) => {
      seen += text;
    },
  });
  await eventually("the first was printed", () => seen === "first\n");
  await append(topic, ["second"]);
  await eventually("what came is printed", () => seen === "first\nsecond\n");
  await eventually(
    "both are acknowledged",
    async () => (await cli.engine.groups.describe(topic, "g")).lag === 0,
  );
  interruption.abort(new Interruption("SIGTERM"));
  expect(await running).toMatchObject({ code: 143, stderr: "" });
  await append(topic, ["third"]);
  expect(await leftTo(topic, "g")).toEqual([{ value: "third", attempt: 1 }]);
});

test("a paused group is told of", async () => {
  const topic = await topicWith(["x"]);
  await cli.engine.groups.put(topic, "g", {});
  await cli.engine.groups.pause(topic, "g");
  const ended = await cli.run(["consume", topic, "-g", "g"]);
  expect(ended).toMatchObject({ code: 0, stdout: "", stderr: `The group g of ${topic} is paused\n` });
  expect(await cli.runOnRedis(["consume", topic, "-g", "g"])).toMatchObject({ code: 0, stdout: "" });
});

test("what is consumed as JSON can be produced elsewhere", async () => {
  const topic = await topicWith(["one", Buffer.from([0xff]), "three"]);
  const copy = await topicWith([]);
  const { stdout } = await cli.run(["consume", topic, "--from-beginning", "--json"]);
  expect(await cli.run(["produce", copy, "--format", "message"], { stdin: stdout })).toMatchObject({
    code: 0,
  });
  const bare = async (name: string) =>
    (await cli.engine.read(name, 0, { from: 0 })).messages.map(({ timestamp: _, ...message }) => message);
  expect(await bare(copy)).toEqual(await bare(topic));
});

test("dead letters are read as a topic", async () => {
  const topic = await topicWith(["poison"]);
  const { leases } = await cli.engine.groups.receive(topic, "g");
  await cli.engine.groups.settle(topic, "g", leases[0]!.id, { deadLetter: [{ offset: 0, reason: "bad" }] });
  await cli.engine.groups.receive(topic, "g");
  const read = await cli.run(["consume", `${topic}.g.dlq`, "--from-beginning"]);
  expect(read).toMatchObject({ code: 0, stdout: "poison\n" });
});

test.each([
  [[], 2, "missing required argument 'topic'"],
  [["no-such-topic"], 1, "error: TOPIC_NOT_FOUND"],
  [["no-such-topic", "-g", "g"], 1, "error: TOPIC_NOT_FOUND"],
  [["any", "-g", "g", "--offset", "earliest"], 2, "move it with tidegate groups seek"],
  [["any", "-g", "g", "--partition", "0"], 2, "move it with tidegate groups seek"],
  [["any", "-g", "a.b"], 1, "error: INVALID"],
  [["any", "--offset", "5"], 2, "give --partition as well"],
  [["any", "--offset", "newest"], 2, "It is earliest"],
  [["any", "--offset", "-1", "--from-beginning"], 2, "give one of them"],
  [["any", "--max-messages", "0"], 2, "whole number from 1"],
  [["any", "--from-beginning", "--partition", "7"], 1, "error: PARTITION_NOT_FOUND"],
  [["any", "--format", "xml"], 2, "Allowed choices"],
  [["any", "--json", "--format", "value"], 2, "contradict"],
])("consume %j is refused", async (argv, code, text) => {
  await cli.engine.topics.put("any", { partitions: 1 });
  for (const [, run] of ways) {
    const ended = await run(["consume", ...argv]);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toContain(text);
  }
});

test("who follows outlasts an outage, is told once, and misses nothing", async () => {
  const topic = await topicWith(["before"], 2);
  const port = Number(new URL(cli.url).port);
  const proxy = await startProxy(port);
  onTestFinished(() => proxy.stop());
  const interruption = new AbortController();
  const follow = (...argv: string[]) => {
    const seen = { messages: "", remarks: "" };
    const end = cli.run(
      ["consume", topic, "--follow", ...argv, "--server", `http://127.0.0.1:${proxy.port}`],
      {
        signal: interruption.signal,
        onOutput: (text) => {
          seen.messages += text;
        },
        onRemark: (text) => {
          seen.remarks += text;
        },
      },
    );
    return { seen, end };
  };
  const runs = [follow("--group", "g"), follow("--from-beginning")];
  const all = (is: (seen: (typeof runs)[number]["seen"]) => boolean) => () =>
    runs.every(({ seen }) => is(seen));
  await eventually(
    "both have begun",
    all(({ messages }) => messages === "before\n"),
  );
  // Nobody listens there.
  proxy.retarget(1);
  proxy.cut();
  await eventually(
    "both were told",
    all(({ remarks }) => remarks.includes("UNREACHABLE")),
  );
  await append(topic, ["meanwhile"]);
  proxy.retarget(port);
  await eventually(
    "both went on",
    all(({ messages }) => messages === "before\nmeanwhile\n"),
  );
  interruption.abort(new Interruption("SIGINT"));
  for (const { end, seen } of runs) {
    expect(await end).toMatchObject({ code: 130, stdout: "before\nmeanwhile\n" });
    expect(seen.remarks).toMatch(/^UNREACHABLE [^\n]*: waiting\nIt goes on\n$/);
  }
});
