import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

test("a topic is made, listed, described, changed and deleted", async () => {
  const options = [
    "--partitions",
    "2",
    "--retention",
    "12h",
    "--retention-bytes",
    "1GiB",
    "--policy",
    "queue",
  ];
  const made = await cli.run(["topics", "create", "life", ...options, "--placement", "together"]);
  expect(made).toMatchObject({ code: 0, stdout: "Created life with 2 partitions\n", stderr: "" });

  const listed = await cli.run(["topics", "list"]);
  expect(listed.stdout).toMatch(/^TOPIC\s+PARTITIONS/);
  expect(listed.stdout).toMatch(/^life\s+2 {2}together\s+queue/m);

  const altered = ["--partitions", "3", "--retention", "none", "--compression", "gzip"];
  expect((await cli.run(["topics", "alter", "life", ...altered])).stdout).toBe("Changed life\n");
  expect(await cli.engine.topics.get("life")).toMatchObject({
    partitions: 3,
    placement: "together",
    compression: "gzip",
    retention: { ms: null, bytes: 1024 ** 3, policy: "queue" },
  });

  await cli.engine.append("life", [{ value: Buffer.from("one"), partition: 1 }]);
  const described = await cli.run(["topics", "describe", "life"]);
  expect(described.stdout).toContain("retention    1 GiB in all; policy queue");
  expect(described.stdout).toMatch(/^ *1 +0 +1 +1 +\d+ B +0$/m);

  const refused = await cli.run(["topics", "delete", "life"]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("--yes is needed");
  expect(await cli.run(["topics", "delete", "life", "--yes"])).toMatchObject({
    code: 0,
    stdout: "Deleted life\n",
  });
  const gone = await cli.run(["topics", "describe", "life"]);
  expect(gone).toMatchObject({ code: 1, stdout: "" });
  expect(gone.stderr).toMatch(/^error: TOPIC_NOT_FOUND .*\n$/);
});

test("it is the same straight to Redis, and as JSON", async () => {
  const created = await cli.runOnRedis(["topics", "create", "direct", "--partitions", "1", "--json"]);
  expect(created.json()).toMatchObject({ created: true, topic: { name: "direct", partitions: 1 } });
  const [overHttp, onRedis] = await Promise.all(
    [cli.run, cli.runOnRedis].map((run) => run(["topics", "describe", "direct", "--json"])),
  );
  expect(onRedis!.json()).toEqual(overHttp!.json());
  expect(onRedis!.json()).toMatchObject({ name: "direct", partitionStates: [{ end: 0, messages: 0 }] });
  const listed = await cli.runOnRedis(["topics", "list", "--json"]);
  expect(listed.json().topics.map(({ name }: { name: string }) => name)).toContain("direct");
  const altered = await cli.runOnRedis(["topics", "alter", "direct", "--idle", "1h", "--json"]);
  expect(altered.json()).toMatchObject({ topic: { retention: { idleMs: 3_600_000 } } });
  const deleted = await cli.runOnRedis(["topics", "delete", "direct", "--yes", "--json"]);
  expect(deleted.json()).toEqual({ deleted: "direct" });
});

test("a topic that is there is not made again", async () => {
  await cli.run(["topics", "create", "twice", "--partitions", "1"]);
  const again = await cli.run(["topics", "create", "twice", "--partitions", "5"]);
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toContain("the topic twice is there already");
  const kept = await cli.run(["topics", "create", "twice", "--partitions", "5", "--if-not-exists", "--json"]);
  expect(kept.json()).toMatchObject({ created: false, topic: { partitions: 1 } });
});

test.each([
  [["create"], 2, "missing required argument 'topic'"],
  [["create", "a", "b"], 2, "too many arguments"],
  [["create", "a", "--partitions", "none"], 2, "whole number"],
  [["create", "a", "--placement", "here"], 2, "Allowed choices are spread, together"],
  [["create", "a", "--retention", "soon"], 2, "It is a time"],
  [["create", "a", "--partition", "2"], 2, "unknown option '--partition'"],
  [["create", "a/b"], 1, "error: INVALID"],
  [["create", "a", "--partitions", "5000"], 1, "(partitions, limit 1024)"],
  [["alter", "no-such-topic", "--partitions", "2"], 1, "error: TOPIC_NOT_FOUND"],
  [["alter", "no-such-topic"], 2, "name at least one setting"],
  [["delete", "no-such-topic", "-y"], 1, "error: TOPIC_NOT_FOUND"],
  [["remove"], 2, "unknown command 'remove'"],
])("topics %j is refused", async (argv, code, text) => {
  const ended = await cli.run(["topics", ...argv]);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(text);
  expect(ended.stderr).not.toContain("    at ");
});
