import { setTimeout as pause } from "node:timers/promises";
import { Engine } from "@tidegate/core";
import { connect } from "../actors/connect.ts";
import { untilAnswered } from "../faults/operator-faults.ts";
import type { AcksLevel } from "../history/event.ts";
import type { Stage } from "../stage/stage.ts";
import type { LossCase } from "./loss-case.ts";

const topic = "orders";
const group = "billing";
const producers = 8;
const loadBeforeMs = 1000;
const loadAfterMs = 700;

/** What one fault cost at one level of acks. */
export interface Loss {
  readonly acknowledged: number;
  readonly lost: number;
  /** Messages that were delivered more than once. */
  readonly duplicates: number;
  /** The longest time without an acknowledgement, from the fault on. */
  readonly outageMs: number;
}

/** Publishes and consumes without a pause, injects the fault, and counts what is there in the end. */
export async function measureLoss(lossCase: LossCase, acks: AcksLevel): Promise<Loss> {
  const stage = await lossCase.start();
  const redis = connect({ redis: stage.address, patience: "endless" });
  const engine = new Engine({ redis, namespace: "loss", callTimeoutMs: 3000 });
  const stopping = new AbortController();
  try {
    await engine.start();
    await engine.topics.put(topic, { partitions: 1 });
    await engine.groups.put(topic, group, { leaseMs: 2000, maxDeliveries: 100 });
    const published = publish(engine, acks, stopping.signal);
    const delivered = consume(engine);
    await pause(loadBeforeMs);
    const faultAt = performance.now();
    await lossCase.inject(stage, `{loss:${topic}:0}:meta`, delivered.vanish);
    await waitUntilBack(published, performance.now());
    await pause(loadAfterMs);
    stopping.abort();
    await published.done;
    await untilConsumed(engine, stage);
    delivered.stop.abort();
    await delivered.done;
    const log = await idsInLog(engine);
    return {
      acknowledged: published.acknowledged.length,
      lost: published.acknowledged.filter((id) => !log.has(id)).length,
      duplicates: [...delivered.counts.values()].filter((count) => count > 1).length,
      outageMs: longestPause(published.answers, faultAt),
    };
  } finally {
    stopping.abort();
    await engine.stop().catch(() => {});
    redis.disconnect();
    await stage.stop();
  }
}

function publish(engine: Engine, acks: AcksLevel, stop: AbortSignal) {
  const acknowledged: string[] = [];
  const answers: number[] = [];
  let n = 0;
  const published = { acknowledged, answers, lastError: null as unknown };
  const producer = async () => {
    while (!stop.aborted) {
      n += 1;
      const id = `m${n}`;
      try {
        const { outcomes } = await engine.append(topic, [{ value: Buffer.from(id) }], { acks });
        if (outcomes[0]?.status === "appended") {
          acknowledged.push(id);
          answers.push(performance.now());
        }
      } catch (error) {
        published.lastError = error;
        await pause(5);
      }
    }
  };
  return Object.assign(published, { done: Promise.all(Array.from({ length: producers }, producer)) });
}

function consume(engine: Engine) {
  const counts = new Map<string, number>();
  const stop = new AbortController();
  let vanishing = false;
  const consumer = async () => {
    while (!stop.signal.aborted) {
      try {
        const { leases } = await engine.groups.receive(topic, group, { maxMessages: 50, waitMs: 200 });
        for (const { id, messages } of leases) {
          for (const { value } of messages) {
            const name = Buffer.from(value!).toString();
            counts.set(name, (counts.get(name) ?? 0) + 1);
          }
          if (vanishing) {
            vanishing = false;
            continue;
          }
          await engine.groups.settle(topic, group, id, { ack: "all" }).catch(() => {});
        }
      } catch {
        await pause(20);
      }
    }
  };
  const vanish = () => {
    vanishing = true;
  };
  return { counts, stop, vanish, done: Promise.all([consumer(), consumer()]) };
}

async function waitUntilBack(
  published: { readonly answers: readonly number[]; readonly lastError: unknown },
  after: number,
): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  while ((published.answers.at(-1) ?? 0) < after) {
    if (performance.now() > giveUpAt)
      throw new Error("service did not come back within 30 s", { cause: published.lastError });
    await pause(20);
  }
}

function longestPause(answers: readonly number[], from: number): number {
  let longest = 0;
  let before = from;
  for (const at of answers) {
    if (at < from) continue;
    longest = Math.max(longest, at - before);
    before = at;
  }
  return longest;
}

async function untilConsumed(engine: Engine, stage: Stage): Promise<void> {
  await stage.settled();
  const giveUpAt = performance.now() + 30_000;
  while ((await untilAnswered(() => engine.groups.describe(topic, group))).lag > 0) {
    if (performance.now() > giveUpAt) throw new Error("not consumed within 30 s");
    await pause(50);
  }
}

async function idsInLog(engine: Engine): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let from = 0; ; ) {
    const { messages, nextOffset, end } = await engine.read(topic, 0, { from, limit: 1000 });
    for (const { value } of messages) ids.add(Buffer.from(value!).toString());
    if (nextOffset >= end) return ids;
    from = nextOffset;
  }
}
