import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

const text = (value: string) => Buffer.from(value);

/** A topic of two partitions of whose messages the group has given up all. */
async function giveUp(topic: string, count: number): Promise<void> {
  await cli.engine.topics.put(topic, { partitions: 2 });
  await cli.engine.groups.put(topic, "billing");
  const json = { key: "content-type", value: text("application/json") };
  const messages = Array.from({ length: count }, (_, number) => ({
    key: number === 0 ? text("ada") : null,
    value: number === 0 ? text('{"order":17}') : Buffer.from([0xff, number]),
    headers: number === 0 ? [json] : [],
    partition: number % 2,
  }));
  await cli.engine.append(topic, messages);
  for (let given = 0; given < count; ) {
    const { leases } = await cli.engine.groups.receive(topic, "billing");
    for (const { id, messages } of leases) {
      const deadLetter = messages.map(({ offset }) => ({ offset, reason: "no such \u001b[31mcustomer" }));
      await cli.engine.groups.settle(topic, "billing", id, { ack: [], deadLetter });
      given += messages.length;
    }
  }
}

test("dead letters are listed, and handed to their group again", async () => {
  await giveUp("orders", 4);
  const listed = await cli.run(["dead-letters", "list", "orders", "billing"]);
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toMatch(/^PLACE +WAS AT +PUBLISHED +ATTEMPTS +KEY +REASON +VALUE\n/);
  // What others wrote does not steer the terminal.
  expect(listed.stdout).toMatch(/^0:0 +0 +\S+Z +1 +ada +no such \\x1b\[31mcustomer +\{"order":17\}$/m);
  expect(listed.stdout).toMatch(/^1:1 +1 .* base64:\/wM=$/m);

  const json = await cli.runOnRedis(["dead-letters", "list", "orders", "billing", "--limit", "3", "--json"]);
  expect(json.json().messages).toHaveLength(3);
  expect(json.json().next).toEqual({ partition: 1, from: 1 });
  const rest = ["--partition", "1", "--from", "1"];
  const page = await cli.run(["dead-letters", "list", "orders", "billing", ...rest, "--json"]);
  expect(page.json()).toMatchObject({ messages: [{ partition: 1, offset: 1 }], next: null });
  const short = await cli.run(["dead-letters", "list", "orders", "billing", "--limit", "1"]);
  expect(short.stderr).toContain("There are more: --limit 10 shows them, or --partition 0 --from 1");

  const some = ["--message", "0:0", "--message", "1:1"];
  const redriven = await cli.run(["dead-letters", "redrive", "orders", "billing", ...some]);
  expect(redriven).toMatchObject({ code: 0, stdout: "Handed 2 to billing of orders again\n" });
  const all = await cli.runOnRedis(["dead-letters", "redrive", "orders", "billing", "--all", "--json"]);
  expect(all.json()).toEqual({ topic: "orders", group: "billing", redriven: 2 });
  expect(await cli.engine.groups.describe("orders", "billing")).toMatchObject({ lag: 4, retrying: 4 });
  const none = await cli.run(["dead-letters", "list", "orders", "billing"]);
  expect(none).toMatchObject({ code: 0, stdout: "", stderr: "billing of orders has no dead letters\n" });
});

test.each([
  [["list", "orders"], 2, "missing required argument 'group'"],
  [["list", "none", "billing"], 1, "error: TOPIC_NOT_FOUND"],
  [["list", "orders", "billing", "--limit", "0"], 2, "a whole number from 1"],
  [["redrive", "orders", "billing"], 2, "say which: --all"],
  [["redrive", "orders", "billing", "--all", "--message", "0:0"], 2, "say which: --all"],
  [["redrive", "orders", "billing", "--message", "17"], 2, "a partition and an offset"],
  [["redrive", "orders", "none", "--all"], 1, "error: GROUP_NOT_FOUND"],
])("dead-letters %j is refused", async (argv, code, message) => {
  await cli.engine.topics.put("orders");
  const ended = await cli.run(["dead-letters", ...argv]);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
});

test.each([["list"], ["redrive", "--all"]])("%s takes rights", async (verb, ...options) => {
  const env = { TIDEGATE_TOKEN: "nobody" };
  const ended = await cli.run(["dead-letters", verb, "orders", "billing", ...options], { env });
  expect(ended).toMatchObject({ code: 4, stdout: "" });
  expect(ended.stderr).toMatch(/^error: FORBIDDEN .*consume:orders\/billing/);
});
