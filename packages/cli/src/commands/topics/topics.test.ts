import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

test("topics are listed by name, the same over HTTP and straight to Redis", async () => {
  await cli.client.topics.put("listed", { partitions: 2 });
  const listed = await cli.run(["topics", "list"]);
  expect(listed.code).toBe(0);
  expect(listed.stdout).toMatch(/^TOPIC\s+PARTITIONS/);
  expect(listed.stdout).toMatch(/^listed\s+2 /m);
  expect(await cli.runOnRedis(["topics", "list"])).toMatchObject({ code: 0, stdout: listed.stdout });
  const { topics } = (await cli.run(["topics", "list", "--json"])).json();
  expect(topics.find(({ name }: { name: string }) => name === "listed")).toMatchObject({ partitions: 2 });
});
