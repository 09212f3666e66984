import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { run } from "@tidegate/cli";
import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Ledger } from "../ledger.ts";
import type { MessageSet } from "../message-set.ts";
import type { Contestant } from "../scenario.ts";
import { startStopwatch } from "../stopwatch.ts";
import { namespace, topic, withEngine } from "../tidegate.ts";

/** Each measurement is a whole run: it connects, works through a file, confirms or acknowledges all, and disconnects. */
export const commandLine: Contestant = {
  name: "tidegate",
  share: 1,
  configuration: "tidegate produce --file, tidegate consume --group > file, straight to Redis",
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const folder = await mkdtemp(join(tmpdir(), "tidegate-bench-cli-"));
    const [input, output] = [join(folder, "in"), join(folder, "out")];
    try {
      await writeLines(input, messages);
      return await withEngine(redis, {}, async () => {
        const produced = await rateOfRun(redis, messages, ["produce", topic, "--file", input], "/dev/null");
        const consumed = await rateOfRun(redis, messages, ["consume", topic, "--group", "g"], output);
        await checkLines(output, messages);
        return [produced, consumed];
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function writeLines(path: string, messages: MessageSet): Promise<void> {
  const file = await open(path, "w");
  for (let from = 0; from < messages.count; from += 1_000) {
    const lines = messages.texts(from, Math.min(messages.count, from + 1_000)).map((text) => `${text}\n`);
    await writeFile(file, lines.join(""));
  }
  await file.close();
}

async function rateOfRun(
  { host, port }: Pick<EmbeddedRedis, "host" | "port">,
  { count }: MessageSet,
  argv: readonly string[],
  output: string,
): Promise<number> {
  const stdout = createWriteStream(output);
  let said = "";
  const stderr = createWriteStream("/dev/null");
  stderr.write = ((text: string) => {
    said += text;
    return true;
  }) as typeof stderr.write;
  const stdin = Readable.from([]);
  const { signal } = new AbortController();
  const rateOf = startStopwatch();
  const address = ["--redis", `redis://${host}:${port}`, "--namespace", namespace];
  const code = await run([...argv, ...address], { stdin, stdout, stderr, env: {}, signal });
  const rate = rateOf(count);
  stdout.end();
  await finished(stdout);
  if (code !== 0) throw new Error(`tidegate ${argv.join(" ")} ended with ${code}: ${said}`);
  return rate;
}

async function checkLines(path: string, messages: MessageSet): Promise<void> {
  const ledger = new Ledger(messages);
  const file = await open(path);
  for await (const line of file.readLines()) ledger.enter(Buffer.from(line));
  ledger.close("tidegate consume");
}
