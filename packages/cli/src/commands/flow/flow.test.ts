import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  await cli.engine.topics.put("orders", { partitions: 2 });
  await cli.engine.groups.put("orders", "billing", {
    rate: { limit: 500, intervalMs: 60_000 },
    perKey: { concurrency: 1 },
  });
  const message = (key: Buffer) => ({ key, value: Buffer.from("x") });
  await cli.engine.append("orders", [
    message(Buffer.from("ada")),
    message(Buffer.from([0xff])),
    message(Buffer.from("ada")),
  ]);
  await cli.engine.groups.receive("orders", "billing", { maxMessages: 1 });
});
afterAll(() => cli.stop());

const flow = (...argv: string[]) => cli.run(["flow", ...argv]);

test("how a group flows is shown", async () => {
  const shown = await flow("show", "orders", "billing");
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^rate +500 in 1m\n/);
  expect(shown.stdout).toMatch(/^by key +the message key\n +concurrency +1$/m);
  expect(shown.stdout).toMatch(/^in flight +1$/m);
  expect(shown.stdout).toMatch(/^KEY +WAITING +IN FLIGHT +STATE +PIN +MAY GO AT\n/m);
  const json = await cli.runOnRedis(["flow", "show", "orders", "billing", "--json"]);
  expect(json.json()).toEqual((await flow("show", "orders", "billing", "--json")).json());
  expect(json.json()).toMatchObject({ inFlight: 1, settings: { rate: { limit: 500 } } });
});

test("a group and its keys are pinned, and let go", async () => {
  const pinned = await flow(
    "pin",
    "orders",
    "billing",
    "--rate",
    "50/s",
    "--burst",
    "5",
    "--concurrency",
    "none",
  );
  expect(pinned.stdout).toMatch(/^rate +50 in 1s, 5 at once \(pinned; set to 500 in 1m\)\n/);
  expect(pinned.stdout).toMatch(/^concurrency +without limit \(pinned; set to without limit\)$/m);
  const rate = { limit: 50, intervalMs: 1000, burst: 5 };
  expect((await cli.engine.groups.flow("orders", "billing")).pin).toEqual({ rate, concurrency: null });
  const keys = ["--key", "ada", "--key-base64", "/w=="];
  const key = await cli.runOnRedis([
    "flow",
    "pin",
    "orders",
    "billing",
    ...keys,
    "--concurrency",
    "2",
    "--json",
  ]);
  expect(key.json().keys).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ key: "ada", pin: { concurrency: 2 } }),
      expect.objectContaining({ key: null, keyBase64: "/w==", pin: { concurrency: 2 } }),
    ]),
  );
  expect((await flow("pin", "orders", "billing", "--off")).stdout).toMatch(/^rate +500 in 1m\n/);
  const off = await flow("pin", "orders", "billing", ...keys, "--off", "--json");
  expect(off.json().pin).toBeNull();
  expect(off.json().keys.filter(({ pin }: { pin: unknown }) => pin !== null)).toEqual([]);
});

test("a group and its keys are paused, resumed and reset", async () => {
  const key = ["orders", "billing", "--key", "ada"];
  expect((await flow("pause", ...key)).stdout).toBe("Paused key ada in billing of orders\n");
  expect((await flow("show", "orders", "billing")).stdout).toMatch(/^ada +1 +\d +paused/m);
  expect((await flow("resume", ...key, "--json")).json()).toEqual({
    topic: "orders",
    group: "billing",
    keys: ["ada"],
    paused: false,
  });
  expect((await cli.engine.groups.flow("orders", "billing")).keys.some(({ paused }) => paused)).toBe(false);
  expect((await flow("pause", "orders", "billing")).stdout).toBe("Paused billing of orders\n");
  expect((await cli.engine.groups.get("orders", "billing")).paused).toBe(true);
  await cli.runOnRedis(["flow", "resume", "orders", "billing"]);
  expect((await cli.engine.groups.get("orders", "billing")).paused).toBe(false);
  expect((await flow("reset", ...key)).stdout).toBe("Reset the rates of key ada in billing of orders\n");
  expect((await flow("reset", "orders", "billing", "--json")).json()).toMatchObject({ inFlight: 1 });
});

test.each([
  [["show", "orders"], 2, "missing required argument 'group'"],
  [["show", "orders", "none"], 1, "error: GROUP_NOT_FOUND"],
  [["pin", "orders", "billing"], 2, "say what to hold it to"],
  [["pin", "orders", "billing", "--off", "--rate", "1/s"], 2, "say what to hold it to"],
  [["pin", "orders", "billing", "--burst", "2", "--concurrency", "2"], 2, "--burst goes with --rate"],
  [["pin", "orders", "billing", "--rate", "fast"], 2, "a number in a time"],
  [["pin", "orders", "billing", "--rate", "5/"], 2, "a number in a time"],
  [["pin", "orders", "billing", "--concurrency", "0"], 2, "a whole number from 1"],
  [["pin", "orders", "billing", "--rate", "5/9000d"], 1, "(pin.rate.intervalMs, limit 86400000)"],
  [["pause", "orders", "billing", "--key-base64", "?"], 1, "error: INVALID"],
])("flow %j is refused", async (argv, code, message) => {
  const before = await cli.engine.groups.flow("orders", "billing");
  const ended = await flow(...argv);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
  expect(await cli.engine.groups.flow("orders", "billing")).toEqual(before);
});

test.each([["show"], ["pin", "--off"], ["pause"], ["pause", "--key", "a"], ["resume"], ["reset"]])(
  "flow %s takes rights",
  async (verb, ...options) => {
    const ended = await cli.run(["flow", verb, "orders", "billing", ...options], {
      env: { TIDEGATE_TOKEN: "nobody" },
    });
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toMatch(/^error: FORBIDDEN/);
  },
);
