import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MessagePort } from "../../messages/message-port.ts";
import { MessageSender } from "../../messages/message-sender.ts";
import { Samples } from "./samples.ts";

/** What is measured, and where. */
export interface Bench {
  readonly port: MessagePort;
  readonly topic: string;
  readonly group: string;
  readonly size: number;
  readonly signal: AbortSignal;
  /** Told how many messages are through. */
  onProgress(messages: number): void;
}

/** What came of a part of the bench. */
export interface Figures {
  readonly messages: number;
  readonly perSecond: number;
  readonly bytesPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const perStep = 500;
const headerBytes = 8;

/** Publishes so many messages as fast as it goes; the times are of appends, up to their confirmation. */
export async function measureProduce(bench: Bench, count: number): Promise<Figures> {
  const times = new Samples();
  const timed: Pick<MessagePort, "append" | "appendsAtATime"> = {
    appendsAtATime: bench.port.appendsAtATime,
    async append(...args) {
      const startedAt = performance.now();
      const appended = await bench.port.append(...args);
      times.add(performance.now() - startedAt);
      return appended;
    },
  };
  const sender = new MessageSender(timed, bench.topic, { acks: undefined, signal: bench.signal });
  const values = Array.from({ length: Math.min(count, perStep) }, () => randomBytes(bench.size));
  const startedAt = performance.now();
  for (let sent = 0; sent < count; sent += perStep) {
    await sender.add(values.slice(0, count - sent).map((value) => ({ value })));
    bench.onProgress(sender.published);
    bench.signal.throwIfAborted();
  }
  await sender.flush();
  return figuresOf(bench, count, performance.now() - startedAt, times);
}

/** Takes and acknowledges them as fast as it goes; the times are between one lot and the next. */
export async function measureConsume(bench: Bench, count: number): Promise<Figures> {
  const { port, topic, group, signal } = bench;
  const times = new Samples();
  const startedAt = performance.now();
  let taken = 0;
  let lastAt = startedAt;
  await port.consume({
    ...{ topic, group, signal, follow: true, maxMessages: count },
    async handle(messages) {
      taken += messages.length;
      times.add(performance.now() - lastAt);
      lastAt = performance.now();
      bench.onProgress(taken);
    },
    note: () => {},
  });
  return figuresOf(bench, taken, performance.now() - startedAt, times);
}

/** Publishes at a rate, one message a call, to a consumer that waits; the times are from before the publish to the handler. */
export async function measureLatency(bench: Bench, rate: number, seconds: number): Promise<Figures> {
  const { port, topic, group, size } = bench;
  const count = Math.max(1, Math.round(rate * seconds));
  const times = new Samples();
  const failed = new AbortController();
  const signal = AbortSignal.any([bench.signal, failed.signal]);
  let taken = 0;
  const consuming = port.consume({
    ...{ topic, group, signal, follow: true, maxMessages: count },
    async handle(messages) {
      for (const message of messages) times.add(performance.now() - sentAt(message.value()!));
      taken += messages.length;
      bench.onProgress(taken);
    },
    note: () => {},
  });
  const startedAt = performance.now();
  const publishing = publishPaced(bench, { count, rate, size: Math.max(size, headerBytes), signal }).catch(
    (error: unknown) => {
      // What was not published would be waited for.
      failed.abort(error);
      throw error;
    },
  );
  await Promise.all([publishing, consuming]);
  return figuresOf(bench, taken, performance.now() - startedAt, times);
}

async function publishPaced(
  { port, topic }: Bench,
  { count, rate, size, signal }: { count: number; rate: number; size: number; signal: AbortSignal },
): Promise<void> {
  const startedAt = performance.now();
  const underWay = new Set<Promise<unknown>>();
  for (let sent = 0; sent < count; sent += 1) {
    const dueIn = startedAt + (sent * 1000) / rate - performance.now();
    if (dueIn > 0) await delay(dueIn, undefined, { signal });
    const value = Buffer.alloc(size);
    value.writeDoubleLE(performance.now());
    const call = port
      .append(topic, [{ value }], { acks: undefined, signal })
      .finally(() => underWay.delete(call));
    underWay.add(call);
    if (underWay.size >= 100) await Promise.race(underWay);
  }
  await Promise.all(underWay);
}

function sentAt(value: Uint8Array): number {
  return Buffer.from(value.buffer, value.byteOffset, headerBytes).readDoubleLE();
}

function figuresOf({ size }: Bench, messages: number, ms: number, times: Samples): Figures {
  const perSecond = (messages * 1000) / Math.max(ms, 0.001);
  return {
    messages,
    perSecond: Math.round(perSecond),
    bytesPerSecond: Math.round(perSecond * size),
    p50Ms: times.percentile(50),
    p99Ms: times.percentile(99),
  };
}
