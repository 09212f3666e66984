import { Engine, type Meter } from "@tidegate/core";
import type { EmbeddedRedis } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";
import { sendInFlight } from "./in-flight.ts";
import type { Ledger } from "./ledger.ts";
import type { MessageSet } from "./message-set.ts";

export const topic = "bench";
export const namespace = "bench";
const messagesPerCall = 1_000;
const bytesPerCall = 1024 * 1024;
const callsInFlight = 16;
const defaultPartitions = 4;

export const produceConfiguration = `${defaultPartitions} partitions, append of ${messagesPerCall} messages or 1 MiB, ${callsInFlight} calls in flight, one connection`;

/** An engine on a Redis, with the topic; `close` ends it. */
export interface OpenEngine {
  readonly engine: Engine;
  /** Of the engine; for what the bench asks Redis itself. */
  readonly client: Redis;
  readonly partitions: number;
  close(): Promise<void>;
}

/** How an engine is opened. */
export interface OpenOptions {
  readonly partitions?: number;
  /** Default: the bench's. */
  readonly namespace?: string | undefined;
  readonly meter?: Meter | undefined;
}

/** Connects an engine and makes the topic. */
export async function openEngine(
  { host, port }: Pick<EmbeddedRedis, "host" | "port">,
  { partitions = defaultPartitions, namespace: space = namespace, meter }: OpenOptions = {},
): Promise<OpenEngine> {
  const client = new Redis(port, host);
  const engine = new Engine({ redis: client, namespace: space, meter });
  const close = async () => {
    await engine.stop();
    client.disconnect();
  };
  try {
    await engine.start();
    await engine.topics.put(topic, { partitions });
  } catch (error) {
    await close();
    throw error;
  }
  return { engine, client, partitions, close };
}

/** Runs something with an engine and the topic on this Redis. */
export async function withEngine<T>(
  redis: EmbeddedRedis,
  options: { partitions?: number },
  run: (engine: Engine, open: OpenEngine) => Promise<T>,
): Promise<T> {
  const open = await openEngine(redis, options);
  try {
    return await run(open.engine, open);
  } finally {
    await open.close();
  }
}

/** Appends messages as a user in a hurry would: all, or from one number up to another. Throws when one is refused. */
export async function appendAll(
  engine: Engine,
  messages: MessageSet,
  {
    from = 0,
    to = messages.count,
    delayMs,
  }: { from?: number; to?: number; delayMs?: (index: number) => number } = {},
): Promise<void> {
  const perCall = Math.max(1, Math.min(messagesPerCall, Math.floor(bytesPerCall / messages.payloadBytes)));
  const expected = delayMs === undefined ? "appended" : "delayed";
  await sendInFlight(to - from, perCall, callsInFlight, async (start, end) => {
    const list = messages
      .bodies(from + start, from + end)
      .map((value, index) => (delayMs ? { value, delayMs: delayMs(from + start + index) } : { value }));
    const { outcomes } = await engine.append(topic, list);
    for (const { status } of outcomes) if (status !== expected) throw new Error("a message was refused");
  });
}

/** Enters everything that the log has. */
export async function enterLog(
  { engine, partitions }: Pick<OpenEngine, "engine" | "partitions">,
  ledger: Ledger,
  unwrap: (value: Uint8Array | null) => Uint8Array | null = (value) => value,
): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1) {
    for (let from = 0; ; ) {
      const page = await engine.read(topic, partition, { from, limit: 1_000 });
      for (const { value } of page.messages) ledger.enter(unwrap(value));
      if (page.messages.length === 0) break;
      from = page.nextOffset;
    }
  }
}
