import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";
import { batchOf } from "../raw-batches.ts";
import type { Contestant } from "../scenario.ts";

const connections = 4;

/** What Redis can take at all: redis-benchmark, a program in C, adds entries of a full batch's size to a stream. */
export const rawProduce: Contestant = {
  name: "raw",
  share: 1,
  configuration: `redis-benchmark, XADD of bodies as large as a full batch, ${connections} connections`,
  async measure({ startRedis, messages }) {
    const redis = await startRedis();
    const batch = batchOf(messages.payloadBytes);
    const batches = Math.ceil(messages.count / batch.messages);
    const output = await runBenchmark(redis, batches, "x".repeat(batch.bytes));
    if (output === null) return null;
    await checkStream(redis, batches, batch.bytes);
    return [Number(/([\d.]+) requests per second/.exec(output)?.[1]) * batch.messages];
  },
};

/** Its output; null where the program is missing. */
async function runBenchmark(
  { host, port }: EmbeddedRedis,
  requests: number,
  body: string,
): Promise<string | null> {
  const args = ["-h", host, "-p", port, "-c", connections, "-n", requests, "-q", "-x"];
  const command = ["XADD", "raw", "*", "batch"];
  const child = spawn("redis-benchmark", [...args, ...command].map(String), {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
  child.stdin.on("error", () => {});
  child.stdin.end(body);
  const output = await text(child.stdout).catch(() => "");
  return (await ended) ? output : null;
}

async function checkStream({ host, port }: EmbeddedRedis, entries: number, bytes: number): Promise<void> {
  const client = new Redis(port, host);
  try {
    const last = (await client.xrevrange("raw", "+", "-", "COUNT", 1))[0]?.[1][1];
    if ((await client.xlen("raw")) !== entries || last?.length !== bytes) {
      throw new Error("raw: not every entry was added");
    }
  } finally {
    client.disconnect();
  }
}
