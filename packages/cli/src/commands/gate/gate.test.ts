import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  await cli.engine.topics.put("sale", { partitions: 1 });
});
afterAll(() => cli.stop());

const gate = (...argv: string[]) => cli.run(["gate", ...argv]);
const buy = (key: string) => cli.engine.append("sale", [{ key: Buffer.from(key), value: Buffer.from("x") }]);

test("a gate is set, counts, is changed, and goes", async () => {
  expect((await gate("show", "sale")).stdout).toBe("sale has no gate\n");
  const options = [
    "--stock",
    "3",
    "--per-key",
    "1/1h",
    "--capacity",
    "100",
    "--redirect-to",
    "https://a.example/",
  ];
  expect((await gate("set", "sale", "--id", "spring", ...options)).stdout).toMatch(
    /^gate +spring\nstock +3 of 3 left$/m,
  );
  for (const key of ["ada", "ada", "eve"]) await buy(key);
  const shown = await gate("show", "sale");
  expect(shown.stdout).toMatch(
    /^stock +1 of 3 left\nby key +1 in 1h\ncapacity +2 of 100 wait\nadmitted +2\nrefused +1$/m,
  );
  expect(shown.stdout).toMatch(/^redirect to +https:\/\/a\.example\/$/m);

  // What is not named stays: a stock that is not said again is no invitation to oversell.
  const changed = await cli.runOnRedis([
    "gate",
    "set",
    "sale",
    "--capacity",
    "none",
    "--redirect-to",
    "none",
    "--json",
  ]);
  expect(changed.json()).toEqual({
    topic: "sale",
    gate: {
      id: "spring",
      stock: 3,
      perKey: { limit: 1, windowMs: 3_600_000 },
      capacity: null,
      redirectTo: null,
    },
    gateState: { id: "spring", admitted: 2, credited: 0, refused: 1, remaining: 1, backlog: null },
  });

  const next = await gate("set", "sale", "--id", "summer", "--stock", "9", "--json");
  expect(next.json()).toMatchObject({
    gate: { id: "summer", stock: 9, perKey: null },
    gateState: { admitted: 0 },
  });
  expect((await gate("set", "sale", "--remove")).stderr).toContain("--yes is needed");
  expect((await gate("set", "sale", "--remove", "--yes")).stdout).toBe("sale has no gate now\n");
  expect((await gate("show", "sale", "--json")).json()).toEqual({
    topic: "sale",
    gate: null,
    gateState: null,
  });
});

test.each([
  [["show", "none"], 1, "error: TOPIC_NOT_FOUND"],
  [["set", "none", "--id", "a", "--stock", "1"], 1, "error: TOPIC_NOT_FOUND"],
  [["set", "ungated", "--stock", "1"], 2, "name it with --id"],
  [["set", "ungated", "--id", "a"], 2, "a new gate needs a limit"],
  [["set", "ungated", "--id", "a", "--stock", "none"], 2, "a new gate needs a limit"],
  [["set", "ungated", "--remove", "--id", "a"], 2, "--remove goes alone"],
  [["set", "ungated", "--id", "a", "--stock", "-1"], 2, "a whole number from 0"],
  [["set", "ungated", "--id", "a", "--per-key", "2/soon"], 2, "a number in a time"],
  [["set", "ungated", "--id", "a b", "--stock", "1"], 1, "(gate.id"],
  [["set", "ungated", "--id", "a", "--stock", "1", "--redirect-to", "shop"], 1, "(gate.redirectTo"],
  [["set", "spread", "--id", "a", "--stock", "1"], 1, "placement together"],
  [["set", "gated"], 2, "name at least one thing to change"],
])("gate %j is refused", async (argv, code, message) => {
  await cli.engine.topics.put("ungated", { partitions: 1 });
  await cli.engine.topics.put("spread", { partitions: 2 });
  await cli.engine.topics.put("gated", { partitions: 1, gate: { id: "g", stock: 1 } });
  const ended = await gate(...argv);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
  expect(await cli.engine.topics.get("ungated")).toMatchObject({ gate: null });
});

test.each([["show"], ["set", "--remove"]])("gate %s takes rights", async (verb, ...options) => {
  const ended = await cli.run(["gate", verb, "sale", ...options], { env: { TIDEGATE_TOKEN: "nobody" } });
  expect(ended).toMatchObject({ code: 4, stdout: "" });
  expect(ended.stderr).toMatch(/^error: FORBIDDEN/);
});
