import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { startCli, type TestCli } from "./fixtures/cli.ts";
import { type IO, run } from "./index.ts";
import { nouns } from "./nouns.ts";
import { version } from "./version.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
});
afterAll(() => cli.stop());

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("help names every command, and each command's help has examples", async () => {
  const help = await cli.run(["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const [name, noun] of Object.entries(nouns)) {
    expect(help.stdout).toMatch(new RegExp(`^ {2}${name} +`, "m"));
    const found = await noun.load();
    for (const command of Array.isArray(found) ? found : [found]) {
      const path = Array.isArray(found) ? [name, command.name] : [name];
      const { code, stdout } = await cli.run([...path, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: tidegate ${path.join(" ")}`);
      expect(stdout, path.join(" ")).toMatch(new RegExp(`Examples:\n.*tidegate ${path.join(" ")}`));
      expect((await cli.run(["help", ...path])).stdout).toContain(`Usage: tidegate ${path.join(" ")}`);
    }
  }
});

test("the version is the package's", async () => {
  expect(version).toBe(manifest.version);
  expect(await cli.run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test.each([
  [[], "Usage: tidegate"],
  [["topics"], "Usage: tidegate topics"],
  [["topic", "list"], "Did you mean topics?"],
  [["topics", "list", "--sever", "x"], "Did you mean --server?"],
  [["topics", "list", "--server"], "argument missing"],
  [["topics", "list", "--server", "localhost:8080"], "begins with http://"],
  [["topics", "list", "--redis", "localhost"], "the address of Redis must begin with redis://"],
  [["topics", "list", "--server", "http://a", "--redis", "redis://a"], "give one of them"],
  [["topics", "list", "--redis", "redis://a", "--token", "t"], "--token goes with --server"],
  [["topics", "list", "--server", "http://a", "--namespace", "n"], "--namespace goes with --redis"],
])("%j is wrong usage", async (argv, text) => {
  const ended = await cli.run(argv, { env: { TIDEGATE_SERVER: "", TIDEGATE_TOKEN: "" } });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toContain(text);
});

test("options go before the environment, which must not be of two minds", async () => {
  const both = { TIDEGATE_SERVER: "http://127.0.0.1:1", TIDEGATE_REDIS: inject("redisUrl") };
  const ambiguous = await cli.run(["topics", "list"], { env: both });
  expect(ambiguous).toMatchObject({ code: 2, stdout: "" });
  expect(ambiguous.stderr).toContain("TIDEGATE_SERVER and TIDEGATE_REDIS are both set");
  const chosen = await cli.run(["--server", cli.url, "topics", "list", "--token", "root"], {
    env: { ...both, TIDEGATE_TOKEN: "wrong" },
  });
  expect(chosen).toMatchObject({ code: 0 });
});

test("a server that cannot be reached is 3, with its address", async () => {
  const url = `http://127.0.0.1:${await closedPort()}`;
  for (const argv of [
    ["topics", "list"],
    ["consume", "t"],
    ["produce", "t"],
    ["groups", "describe", "t", "g"],
  ]) {
    const ended = await cli.run([...argv, "--server", url]);
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toMatch(/^error: UNREACHABLE .*ECONNREFUSED/);
    expect(ended.stderr).toContain(`(${url})\n`);
  }
});

test("a Redis that cannot be reached is 3, and passwords are not shown", async () => {
  const port = await closedPort();
  const env = { TIDEGATE_SERVER: "", TIDEGATE_REDIS: `redis://user:secret@127.0.0.1:${port}` };
  const ended = await cli.run(["topics", "list"], { env });
  expect(ended).toMatchObject({ code: 3, stdout: "" });
  expect(ended.stderr).toMatch(/^error: REDIS_UNAVAILABLE .*ECONNREFUSED/);
  expect(ended.stderr).not.toContain("secret");
  const cluster = await cli.run(["topics", "list"], {
    env: { ...env, TIDEGATE_REDIS: `redis+cluster://127.0.0.1:${port}` },
  });
  expect(cluster).toMatchObject({ code: 3, stdout: "" });
});

test("what is no Tidegate is told from one that is away", async () => {
  const server = createServer((_request, response) => response.end("<html>hello</html>")).listen(
    0,
    "127.0.0.1",
  );
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ended = await cli.run(["topics", "list", "--server", url]);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toMatch(/^error: INTERNAL .*is this the address of Tidegate/);
});

test("a token that is missing, unknown or too little is 4", async () => {
  const asked = (token: string, ...argv: string[]) => cli.run(argv, { env: { TIDEGATE_TOKEN: token } });
  for (const token of ["", "wrong"]) {
    const ended = await asked(token, "topics", "list");
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toMatch(/^error: UNAUTHORIZED /);
  }
  for (const argv of [
    ["topics", "create", "t"],
    ["topics", "delete", "t", "-y"],
    ["consume", "t"],
    ["groups", "list", "t"],
  ]) {
    const ended = await asked("nobody", ...argv);
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toMatch(/^error: FORBIDDEN /);
  }
  const produced = await cli.run(["produce", "t"], { env: { TIDEGATE_TOKEN: "nobody" }, stdin: "x" });
  expect(produced).toMatchObject({ code: 4, stdout: "" });
});

test("a token that may read looks at all, and changes nothing", async () => {
  await cli.engine.topics.put("looked-at", { partitions: 1 });
  await cli.engine.groups.put("looked-at", "g", {});
  const asked = (...argv: string[]) => cli.run(argv, { env: { TIDEGATE_TOKEN: "reader" }, stdin: "x" });
  const group = ["looked-at", "g"];
  for (const argv of [
    ["topics", "list"],
    ["topics", "describe", "looked-at"],
    ["groups", "list"],
    ["groups", "list", "looked-at"],
    ["groups", "describe", ...group],
    ["consume", "looked-at", "--from-beginning"],
  ])
    expect(await asked(...argv), argv.join(" ")).toMatchObject({ code: 0 });
  for (const argv of [
    ["topics", "alter", "looked-at", "--partitions", "2"],
    ["topics", "delete", "looked-at", "-y"],
    ["produce", "looked-at"],
    ["consume", "looked-at", "--group", "g"],
    ["groups", "seek", ...group, "--to", "latest", "-y"],
    ["groups", "pause", ...group],
    ["groups", "resume", ...group],
    ["groups", "delete", ...group, "-y"],
    ["groups", "create", "looked-at", "other"],
    ["bench"],
  ])
    expect(await asked(...argv), argv.join(" ")).toMatchObject({ code: 4, stdout: "" });
  await cli.engine.topics.delete("looked-at");
});

test("a token that may only publish can produce", async () => {
  await cli.engine.topics.put("no-such-topic", { partitions: 1 });
  const env = { TIDEGATE_TOKEN: "nobody" };
  expect(await cli.run(["produce", "no-such-topic"], { env, stdin: "x" })).toMatchObject({ code: 0 });
  await cli.engine.topics.delete("no-such-topic");
});

test("colours are for terminals, unless somebody says otherwise", async () => {
  await cli.engine.topics.put("coloured", { partitions: 1 });
  const listed = (argv: string[] = [], env: Record<string, string> = {}) =>
    cli.run(["topics", "list", ...argv], { env });
  const colour = "\u001b[";
  expect((await listed()).stdout).not.toContain(colour);
  expect((await listed([], { FORCE_COLOR: "1" })).stdout).toContain(colour);
  expect((await listed([], { FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).not.toContain(colour);
  expect((await listed(["--no-color"], { FORCE_COLOR: "1" })).stdout).not.toContain(colour);
  expect((await listed(["--json"], { FORCE_COLOR: "1" })).stdout).not.toContain(colour);
  await cli.engine.topics.delete("coloured");
});

/** A run on a terminal where somebody types. */
async function onTerminal(
  argv: readonly string[],
  typed: string,
): Promise<{ code: number; shown: string; asked: string }> {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const [stdin, stdout, stderr] = [terminal(), terminal(), terminal()];
  const texts = { out: "", error: "" };
  stdout.on("data", (chunk) => {
    texts.out += chunk;
  });
  stderr.on("data", (chunk) => {
    texts.error += chunk;
  });
  stdin.write(typed);
  const env = { TIDEGATE_SERVER: cli.url, TIDEGATE_TOKEN: "root", NO_COLOR: "1" };
  const io = { stdin, stdout, stderr, env, signal: new AbortController().signal } as unknown as IO;
  const code = await run(argv, io);
  return { code, shown: texts.out, asked: texts.error };
}

test("on a terminal it asks before it deletes", async () => {
  await cli.engine.topics.put("asked", { partitions: 1 });
  const kept = await onTerminal(["topics", "delete", "asked"], "n\n");
  expect(kept).toMatchObject({ code: 0, shown: "" });
  expect(kept.asked).toContain("Delete the topic asked with all its messages and groups? [y/N]");
  expect(kept.asked).toContain("Nothing was deleted");
  await cli.engine.topics.get("asked");
  expect(await onTerminal(["topics", "delete", "asked"], "y\n")).toMatchObject({
    code: 0,
    shown: "Deleted asked\n",
  });
  await expect(cli.engine.topics.get("asked")).rejects.toMatchObject({ code: "TOPIC_NOT_FOUND" });
});

test.each([
  ["ctrl-C", "\u0003", 130],
  ["ctrl-D", "\u0004", 0],
])("%s at the question deletes nothing", async (_, key, code) => {
  await cli.engine.topics.put("asked", { partitions: 1 });
  const kept = await onTerminal(["topics", "delete", "asked"], key);
  expect(kept).toMatchObject({ code, shown: "" });
  await cli.engine.topics.delete("asked");
});

test("progress is for terminals", async () => {
  const bench = ["bench", "--messages", "3000", "--rate", "100", "--duration", "100ms"];
  const { code, shown, asked } = await onTerminal(bench, "");
  expect(code).toBe(0);
  expect(asked).toMatch(/produce {2}\d+ % {2}[\d,]+ of 3,000 messages {2}[\d,]+\/s/);
  expect(shown).toMatch(/^produce +3,000/m);
  expect((await cli.run(bench)).stderr).toBe("");
});

test("what somebody published cannot steer a terminal", async () => {
  await cli.engine.topics.put("hostile", { partitions: 1 });
  const value = Buffer.from("\u001b]0;owned\u0007\u009b2J\u202eevil\ttab");
  await cli.engine.append("hostile", [{ value, key: Buffer.from("\u001b[31m") }]);
  const read = ["consume", "hostile", "--from-beginning"];
  const { shown } = await onTerminal(read, "");
  expect(shown).toBe("\\x1b]0;owned\\x07\\x9b2J\\u202eevil\ttab\n");
  const json = await onTerminal([...read, "--json"], "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  expect(json.shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(JSON.parse(json.shown)).toMatchObject({ key: "\u001b[31m" });
  const piped = await cli.run(read);
  expect(piped.stdout).toBe(`${value}\n`);
});
