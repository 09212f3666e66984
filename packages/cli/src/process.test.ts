import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { startCli, type TestCli } from "./fixtures/cli.ts";

const program = fileURLToPath(new URL("../bin/tidegate.js", import.meta.url));
const node = [process.execPath, "--conditions=tidegate-source", "--disable-warning=ExperimentalWarning"];
const messages = 3_000;

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  await cli.engine.topics.put("many", { partitions: 1 });
  for (let from = 0; from < messages; from += 1_000)
    await cli.engine.append(
      "many",
      Array.from({ length: 1_000 }, (_, index) => ({
        value: Buffer.from(`${from + index}`.padEnd(100, ".")),
      })),
    );
});
afterAll(() => cli.stop());

/** Starts a shell script in which `tidegate` is this package's program. */
function startShell(script: string) {
  const command = [...node, program].map((word) => `'${word}'`).join(" ");
  return start("bash", ["--norc", "-c", `tidegate() { ${command} "$@"; }\n${script}`]);
}

function start(command: string, argv: readonly string[]) {
  const env = { PATH: process.env.PATH, TIDEGATE_SERVER: cli.url, TIDEGATE_TOKEN: "root" };
  const child = spawn(command, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = { stdout: "", stderr: "", code: -1 };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
  });
  const end = once(child, "close").then(([code]) => Object.assign(ended, { code: code as number }));
  return { child, ended, end };
}

/** Takes what the group has at once: nothing may be held by who is gone. */
async function takeRest(group: string): Promise<number> {
  let taken = 0;
  for (;;) {
    const { leases } = await cli.engine.groups.receive("many", group, { maxMessages: 1_000 });
    if (leases.length === 0) return taken;
    for (const lease of leases) {
      expect(lease.messages.every(({ attempt }) => attempt === 1)).toBe(true);
      taken += lease.messages.length;
    }
  }
}

test.each([
  ["over HTTP", "stopped", () => []],
  ["straight to Redis", "stopped-too", () => ["--redis", cli.redisUrl, "--namespace", cli.namespace]],
])("%s, SIGINT in the middle of a consume: what was not printed goes back", async (_, group, address) => {
  const argv = ["consume", "many", "--group", group, "--follow", ...address()];
  const { child, end } = start(node[0]!, [...node.slice(1), program, ...argv]);
  child.stdout.once("data", () => child.kill("SIGINT"));
  const { code, stdout, stderr } = await end;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
  const printed = stdout.split("\n").length - 1;
  expect(printed).toBeGreaterThan(0);
  expect(printed + (await takeRest(group))).toBe(messages);
});

test("SIGINT ends a consume whose output nobody takes, and what it holds goes back", async () => {
  // The pipe takes less than there is.
  const { child, end } = start(node[0]!, [...node.slice(1), program, "consume", "many", "--group", "stuck"]);
  child.stdout.pause();
  await eventually("it holds messages", async () => {
    const groups = await cli.engine.groups.list("many");
    if (!groups.some(({ name }) => name === "stuck")) return false;
    return (await cli.engine.groups.describe("many", "stuck")).inFlight > 0;
  });
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(130);
  expect((await cli.engine.groups.describe("many", "stuck")).inFlight).toBe(0);
  child.stdout.resume();
  await end;
});

test("behind a head that has seen enough it ends without a word, and gives back what nobody read", async () => {
  const status = "echo $" + "{PIPESTATUS[0]}";
  const { end } = startShell(
    [
      `tidegate consume many --from-beginning --format json | head -n 1; ${status}`,
      `tidegate consume many -g headed | head -n 1 > /dev/null; ${status}`,
      `tidegate --help | true; ${status}`,
    ].join("\n"),
  );
  const { stdout, stderr } = await end;
  expect(stderr).toBe("");
  const [first, ...codes] = stdout.trim().split("\n");
  expect(JSON.parse(first!)).toMatchObject({ topic: "many", offset: 0 });
  expect(codes).toEqual(["0", "0", "0"]);
  const { lag, inFlight } = await cli.engine.groups.describe("many", "headed");
  expect(inFlight).toBe(0);
  expect(await takeRest("headed")).toBe(lag);
});

test("it stands in the middle of pipes, and its exit status can be trusted", async () => {
  await cli.engine.topics.put("piped", { partitions: 2 });
  const { end } = startShell(
    "seq 1 20000 | tidegate produce piped --json | grep -o '\"published\":[0-9]*'; " +
      "tidegate consume piped --from-beginning | sort -n | cksum; seq 1 20000 | cksum; " +
      "tidegate topics describe absent; echo $?; tidegate consume; echo $?",
  );
  const { stdout, stderr } = await end;
  const [published, read, written, refused, misused] = stdout.trim().split("\n");
  expect(published).toBe('"published":20000');
  expect(read).toBe(written);
  expect([refused, misused]).toEqual(["1", "2"]);
  expect(stderr).toMatch(/^error: TOPIC_NOT_FOUND/);
});
