import { startRedis, type TestRedis } from "@tidegate/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";
import { Interruption } from "../../io.ts";

let server: TestRedis;
let redis: Redis;
let cli: TestCli;
beforeAll(async () => {
  server = await startRedis();
  redis = server.client();
  cli = await startCli(server.url);
});
afterAll(async () => {
  await cli.stop();
  await server.stop();
});

const ways = [
  ["over HTTP", () => cli.run],
  ["straight to Redis", () => cli.runOnRedis],
] as const;

/** A topic of one partition with six messages of three keys, of which the group holds two in leases of one each. */
async function someWork(topic: string, ordering: "none" | "key"): Promise<void> {
  await cli.engine.topics.put(topic, { partitions: 1 });
  await cli.engine.groups.put(topic, "g", { ordering });
  const messages = Array.from({ length: 6 }, (_, number) => ({
    key: Buffer.from(`k${number % 3}`),
    value: Buffer.from("x"),
  }));
  await cli.engine.append(topic, messages);
  for (let taken = 0; taken < 2; taken += 1) await cli.engine.groups.receive(topic, "g", { maxMessages: 1 });
}

/** What the audit says of a topic, and that it says so by its exit status. */
async function faultsOf(topic: string): Promise<string[]> {
  const ended = await cli.run(["audit", topic, "--json"]);
  const { findings } = ended.json().reports[0];
  expect(ended.code).toBe(findings.length > 0 ? 1 : 0);
  return findings;
}

test("where everything adds up it says so", async () => {
  await someWork("fine", "none");
  await someWork("fine-lanes", "key");
  const ended = await cli.run(["audit", "fine", "fine-lanes"]);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(await cli.runOnRedis(["audit", "fine", "fine-lanes"])).toMatchObject({
    code: 0,
    stdout: ended.stdout,
  });
  expect(ended.stdout).toMatch(
    /^TOPIC +PARTITIONS +GROUPS +MESSAGES +FAULTS\nfine +1 +1 +6 +0\nfine-lanes +1 +1 +6 +0\n$/,
  );
});

describe("a fault on ranges is found", () => {
  const topic = "ranges";
  const key = (name: string) => `{${cli.namespace}:${topic}:0}:0:group:g:${name}`;
  beforeEach(() =>
    someWork(topic, "none")
      .then(() => faultsOf(topic))
      .then((faults) => expect(faults).toEqual([])),
  );
  afterEachDelete(topic);

  test("a message that is in no state", async () => {
    const [holder] = await redis.zrange(key("outstanding"), 0, "0");
    await redis.hdel(key("holders"), holder!);
    await redis.zrem(key("outstanding"), holder!);
    await redis.zrem(key("due"), holder!);
    const [inFlight] = await faultsOf(topic);
    expect(inFlight).toBe("partition 0: group g: 2 in flight are counted, 1 are leased");
    // Nor when the counter was made to agree.
    await redis.hincrby(key("state"), "inFlight", -1);
    await redis.hset(`{${cli.namespace}:${topic}:0}:0:floors`, "g", `1,${Date.now()}`);
    expect(await faultsOf(topic)).toEqual([
      "partition 0: group g: 2 messages were passed, 0 ended and 1 are held",
    ]);
  });

  test("a message that is in two states", async () => {
    const [first, second] = await redis.zrange(key("outstanding"), 0, "1");
    await redis.hset(key("holders"), second!, (await redis.hgetBuffer(key("holders"), first!))!);
    await redis.zadd(key("outstanding"), 0, second!);
    expect(await faultsOf(topic)).toContainEqual(
      expect.stringMatching(/^partition 0: group g: offset 0 is in \S+ and in \S+$/),
    );
  });

  test("a dead letter that is gone", async () => {
    const { leases } = await cli.engine.groups.receive(topic, "g", { maxMessages: 2 });
    const offsets = leases[0]!.messages.map(({ offset }) => offset);
    const deadLetter = offsets.map((offset) => ({ offset }));
    await cli.engine.groups.settle(topic, "g", leases[0]!.id, { ack: [], deadLetter });
    expect(await faultsOf(topic)).toEqual([]);
    await cli.engine.groups.redrive(topic, "g", { messages: [{ partition: 0, offset: 0 }] });
    expect(await faultsOf(topic)).toEqual([]);
    await redis.xdel(`{${cli.namespace}:${topic}:0}:0:dead:g:log`, "1-1");
    expect(await faultsOf(topic)).toEqual([
      "partition 0: group g: 2 dead letters are kept, of which at most 1 were redriven; 0 are there",
    ]);
  });

  test("a message that the log has lost", async () => {
    const log = `{${cli.namespace}:${topic}:0}:0:log`;
    await cli.engine.append(topic, [{ value: Buffer.from("y") }]);
    const [entry] = await redis.xrange(log, "-", "+", "COUNT", 1);
    await redis.xdel(log, entry![0]);
    expect(await faultsOf(topic)).toContainEqual("partition 0: offsets 0 to 5 are missing from the log");
  });
});

describe("a fault on lanes is found", () => {
  const topic = "lanes";
  const key = (name: string) => `{${cli.namespace}:${topic}:g:g}:${name}`;
  beforeEach(() =>
    someWork(topic, "key")
      .then(() => faultsOf(topic))
      .then((faults) => expect(faults).toEqual([])),
  );
  afterEachDelete(topic);

  test("a message that is in no state", async () => {
    const [member] = await redis.zrangeBuffer(key("queue"), 0, "0");
    await redis.zrem(key("queue"), member!);
    expect(await faultsOf(topic)).toContainEqual(
      expect.stringMatching(/^group g: lanes of partition 0: offset \d has not ended and is nowhere$/),
    );
  });

  test("a message that is in two states", async () => {
    // What waits is retried as well.
    const [member] = await redis.zrangeBuffer(key("queue"), 0, "0");
    await redis.zadd(key("due"), Date.now() + 60_000, Buffer.concat([Buffer.from("r"), member!]));
    expect(await faultsOf(topic)).toContainEqual(
      expect.stringMatching(/^group g: lanes of partition 0: offset \d is parked and retried$/),
    );
  });
});

/** One fault for each test. */
function afterEachDelete(topic: string): void {
  beforeEach(() => () => cli.engine.topics.delete(topic));
}

test.each(ways)("what it finds in one of all topics fails the run, %s", async (_, run) => {
  await someWork("sound", "none");
  await someWork("broken", "none");
  await redis.hincrby(`{${cli.namespace}:broken:0}:0:group:g:state`, "acked", 3);
  const ended = await run()(["audit"]);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^broken +1 +1 +6 +1$/m);
  expect(ended.stdout).toMatch(/^sound +1 +1 +6 +0$/m);
  expect(ended.stdout).toMatch(
    /\n\nbroken: partition 0: group g: 2 messages were passed, 3 ended and 2 are held\n$/,
  );
  expect(ended.stderr).toMatch(/^error: 1 thing does not add up in 1 of \d+ topics\n$/);
  for (const topic of ["sound", "broken"]) await cli.engine.topics.delete(topic);
});

test.each(ways)("ctrl-C ends it, %s", async (_, run) => {
  await someWork("fine", "none");
  const signal = AbortSignal.abort(new Interruption("SIGINT"));
  expect(await run()(["audit", "fine"], { signal })).toMatchObject({ code: 130, stdout: "", stderr: "" });
});

test("topics that there are not, and no rights", async () => {
  expect(await cli.run(["audit", "none"])).toMatchObject({ code: 1, stdout: "" });
  expect((await cli.run(["audit", "none"])).stderr).toMatch(/^error: TOPIC_NOT_FOUND/);
  expect((await cli.runOnRedis(["audit", "none"])).stderr).toMatch(/^error: TOPIC_NOT_FOUND/);
  const env = { TIDEGATE_TOKEN: "nobody" };
  for (const argv of [["audit"], ["audit", "fine"]])
    expect(await cli.run(argv, { env })).toMatchObject({ code: 4, stdout: "" });
  expect(await cli.run(["audit", "--all"])).toMatchObject({ code: 2, stdout: "" });
});
