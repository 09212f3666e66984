import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startCli, type TestCli } from "../../fixtures/cli.ts";
import { nouns } from "../../nouns.ts";

const program = fileURLToPath(new URL("../../../bin/tidegate.js", import.meta.url));

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  for (const topic of ["orders", "orders-archive", "mails"])
    await cli.engine.topics.put(topic, { partitions: 1 });
  await cli.engine.groups.put("orders", "billing", {});
  await cli.engine.groups.put("orders", "bookkeeping", {});
});
afterAll(() => cli.stop());

async function completed(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await cli.run(["completion", "bash", "--", ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").slice(0, -1);
}

test("commands, options and their values are completed", async () => {
  expect(await completed("")).toEqual(Object.keys(nouns));
  expect(await completed("to")).toEqual(["topics"]);
  expect(await completed("topics", "de")).toEqual(["describe", "delete"]);
  expect(await completed("topics", "create", "--part")).toEqual(["--partitions"]);
  expect(await completed("topics", "list", "--n")).toEqual(["--namespace", "--no-color"]);
  expect(await completed("consume", "x", "--format", "")).toEqual(["value", "key-value", "json", "raw"]);
  expect(await completed("consume", "x", "--format=j")).toEqual(["--format=json"]);
  expect(await completed("completion", "")).toEqual(["bash", "zsh"]);
  expect(await completed("nonsense", "")).toEqual([]);
  expect(await completed("topics", "create", "--partitions", "")).toEqual([]);
});

test("names of topics and groups are completed, wherever options stand", async () => {
  expect(await completed("consume", "or")).toEqual(["orders", "orders-archive"]);
  expect(await completed("groups", "describe", "orders", "b")).toEqual(["billing", "bookkeeping"]);
  expect(await completed("consume", "--follow", "-n", "5", "orders", "--group", "bi")).toEqual(["billing"]);
  expect(await completed("--server", cli.url, "topics", "describe", "m")).toEqual(["mails"]);
  expect(await completed("topics", "describe", "orders", "m")).toEqual([]);
});

test("what cannot be asked completes nothing, without a word", async () => {
  expect(await completed("consume", "--server", "http://127.0.0.1:1", "or")).toEqual([]);
  expect(await completed("consume", "--token", "wrong", "or")).toEqual([]);
  expect(await completed("consume", "--server", "nonsense", "or")).toEqual([]);
  expect(await completed("groups", "describe", "no-such-topic", "")).toEqual([]);
});

test("zsh gets descriptions", async () => {
  const { stdout } = await cli.run(["completion", "zsh", "--", "groups", "describe", "orders", "bi"]);
  expect(stdout).toBe("billing:ordering none\n");
  expect((await cli.run(["completion", "zsh"])).stdout).toMatch(/^#compdef tidegate\n/);
});

test.each([[[]], [["fish"]], [["bash", "--unknown"]]])("completion %j is refused", async (argv) => {
  const ended = await cli.run(["completion", ...argv]);
  expect(ended).toMatchObject({ code: 2, stdout: "" });
});

/** What bash itself makes of lines that end where the cursor is. */
async function inBash(lines: readonly string[]): Promise<string[]> {
  const command = `${process.execPath} --conditions=tidegate-source '${program}'`;
  const script = [
    `tidegate() { ${command} "$@"; }`,
    // Twice, as when a shell's start-up file is read again.
    "source <(tidegate completion bash); source <(tidegate completion bash)",
    "complete -p tidegate",
    "complete_line() { COMP_LINE=$1; COMP_POINT=$" +
      '{#COMP_LINE}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tidegate tidegate; echo "$' +
      '{COMPREPLY[@]}"; }',
    ...lines,
  ].join("\n");
  const env = { PATH: process.env.PATH, TIDEGATE_SERVER: cli.url, TIDEGATE_TOKEN: "root" };
  const { stdout, stderr } = await promisify(execFile)("bash", ["--norc", "-c", script], { env });
  // Nothing that was typed has been run.
  expect(stderr).toBe("");
  return stdout.split("\n").slice(0, -1);
}

test("bash completes with it", async () => {
  const [registered, ...replies] = await inBash([
    "complete_line 'tidegate topics d' tidegate topics d",
    "complete_line 'tidegate consume ' tidegate consume ''",
    // Bash has cut these at = and at :, and replaces what stands behind.
    "complete_line 'tidegate consume x --format=j' tidegate consume x --format = j",
    `complete_line 'tidegate --server ${cli.url} topics describe or' tidegate --server http : //127.0.0.1 : 1 topics describe or`,
    "complete_line 'tidegate consume $(echo evaluated >&2) o' tidegate consume '$(echo evaluated >&2)' o",
  ]);
  expect(registered).toContain("-F _tidegate tidegate");
  expect(replies).toEqual([
    "describe delete",
    "mails orders orders-archive",
    "json",
    "orders orders-archive",
    "",
  ]);
});
