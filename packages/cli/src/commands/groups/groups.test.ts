import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  await cli.engine.topics.put("orders", { partitions: 2 });
  const value = Buffer.from("x");
  await cli.engine.append(
    "orders",
    [0, 0, 0, 1].map((partition) => ({ value, partition })),
  );
});
afterAll(() => cli.stop());

test("describe tells for each partition where a group stands and who holds what", async () => {
  const made = await cli.run([
    "groups",
    "create",
    "orders",
    "billing",
    "--lease",
    "1h",
    "--max-deliveries",
    "7",
  ]);
  expect(made).toMatchObject({ code: 0, stdout: "Created billing of orders\n", stderr: "" });
  const [lease] = (
    await cli.engine.groups.receive("orders", "billing", { maxMessages: 1, consumer: "till 4" })
  ).leases;
  const described = await cli.run(["groups", "describe", "orders", "billing"]);
  expect(described.code).toBe(0);
  expect(described.stdout).toContain("state         at work");
  expect(described.stdout).toContain("at most 7");
  expect(described.stdout).toMatch(
    /^PARTITION +END +COMMITTED +LAG +IN FLIGHT +RETRYING +DEAD +OLDEST +HOLDER$/m,
  );
  const holder = new RegExp(`^ +${lease!.partition} +\\d +0 +\\d +1 +0 +0 +\\d\\S* +till 4$`, "m");
  expect(described.stdout).toMatch(holder);
  const json = (await cli.runOnRedis(["groups", "describe", "orders", "billing", "--json"])).json();
  expect(json).toMatchObject({ lag: 4, inFlight: 1, leaseMs: 3_600_000 });
  const { messages } = await cli.engine.read("orders", 0, { from: 0, limit: 1 });
  expect(json.partitions[0].oldestAt).toBe(messages[0]!.timestamp);
});

test("groups of a topic and of all are listed with their lag", async () => {
  await cli.engine.groups.put("orders", "mails", { start: "latest" });
  await cli.engine.topics.put("empty", { partitions: 1 });
  await cli.engine.groups.put("empty", "first", {});
  const listed = await cli.run(["groups", "list", "orders"]);
  expect(listed.stdout).toMatch(/^orders +billing +4 +1 +0 +0 +none +-$/m);
  expect(listed.stdout).toMatch(/^orders +mails +0 /m);
  expect(listed.stdout).not.toContain("empty");
  const { groups } = (await cli.runOnRedis(["groups", "list", "--json"])).json();
  expect(groups.map(({ topic, name, lag }: Record<string, unknown>) => [topic, name, lag])).toEqual([
    ["empty", "first", 0],
    ["orders", "billing", 4],
    ["orders", "mails", 0],
  ]);
});

test("a group is moved to an end, to a time, and to an offset of a partition", async () => {
  await cli.engine.groups.put("orders", "mover", {});
  const lag = async () => (await cli.engine.groups.describe("orders", "mover")).lag;
  const seek = (...argv: string[]) => cli.run(["groups", "seek", "orders", "mover", ...argv, "--yes"]);
  expect(await seek("--to", "latest")).toMatchObject({
    code: 0,
    stdout: "Moved mover of orders: its lag is 0\n",
  });
  expect(await lag()).toBe(0);
  await seek("--to", "-1h");
  expect(await lag()).toBe(4);
  await seek("--to", "2100-01-01");
  expect(await lag()).toBe(0);
  expect((await seek("--partition", "0", "--to", "1", "--json")).json()).toMatchObject({ lag: 2 });
  expect(await seek("--partition", "0", "--to", "99")).toMatchObject({ code: 1, stdout: "" });
  expect(await lag()).toBe(2);
  const unasked = await cli.run(["groups", "seek", "orders", "mover", "--to", "earliest"]);
  expect(unasked).toMatchObject({ code: 2, stdout: "" });
  expect(await lag()).toBe(2);
});

test("a group is paused, resumed and deleted", async () => {
  await cli.engine.groups.put("orders", "sleeper", {});
  expect((await cli.run(["groups", "pause", "orders", "sleeper"])).stdout).toBe("Paused sleeper of orders\n");
  expect(await cli.engine.groups.get("orders", "sleeper")).toMatchObject({ paused: true });
  expect((await cli.run(["groups", "list", "orders"])).stdout).toMatch(/sleeper .* paused$/m);
  const resumed = await cli.runOnRedis(["groups", "resume", "orders", "sleeper", "--json"]);
  expect(resumed.json()).toEqual({ topic: "orders", group: "sleeper", paused: false });
  expect(await cli.engine.groups.get("orders", "sleeper")).toMatchObject({ paused: false });
  expect(await cli.run(["groups", "delete", "orders", "sleeper"])).toMatchObject({ code: 2 });
  expect((await cli.run(["groups", "delete", "orders", "sleeper", "-y"])).stdout).toBe(
    "Deleted sleeper of orders\n",
  );
  await expect(cli.engine.groups.get("orders", "sleeper")).rejects.toMatchObject({ code: "GROUP_NOT_FOUND" });
});

test.each([
  [["list", "no-such-topic"], 1, "error: TOPIC_NOT_FOUND"],
  [["describe", "orders"], 2, "missing required argument 'group'"],
  [["describe", "orders", "nobody"], 1, "error: GROUP_NOT_FOUND"],
  [["create", "orders", "billing"], 1, "is there already"],
  [["create", "orders", "b.c"], 1, "error: INVALID"],
  [["create", "orders", "b", "--ordering", "time"], 2, "Allowed choices"],
  [["create", "no-such-topic", "b"], 1, "error: TOPIC_NOT_FOUND"],
  [["create", "orders", "b", "--push-url", "ftp://x"], 1, "error: INVALID"],
  [["seek", "orders", "billing", "-y"], 2, "--to is missing"],
  [["seek", "orders", "billing", "-y", "--to", "5"], 2, "go together"],
  [["seek", "orders", "billing", "-y", "--to", "earliest", "--partition", "0"], 2, "go together"],
  [["seek", "orders", "billing", "-y", "--to", "soon"], 2, "It is earliest"],
  [["seek", "orders", "billing", "-y", "--to", "-5"], 2, "give an offset or a time"],
  [["seek", "orders", "nobody", "-y", "--to", "latest"], 1, "error: GROUP_NOT_FOUND"],
  [["pause", "orders", "nobody"], 1, "error: GROUP_NOT_FOUND"],
  [["resume", "orders", "nobody"], 1, "error: GROUP_NOT_FOUND"],
  [["delete", "orders", "nobody", "-y"], 1, "error: GROUP_NOT_FOUND"],
])("groups %j is refused", async (argv, code, text) => {
  const ended = await cli.run(["groups", ...argv]);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(text);
});
