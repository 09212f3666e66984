import type { ExecutionContext } from "@cloudflare/workers-types";
import { describe, expect, test } from "vitest";
import { cloudflareQueue } from "./cloudflare-queue.ts";
import consumer from "./fixtures/cloudflare-consumer.ts";
import { fetchServer } from "./fixtures/http-servers.ts";
import { keys, replyOf, requestOf, send, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { NeverRetry } from "./outcome.ts";
import type { QueueBatch } from "./queue-batch.ts";
import type { WaitingContext } from "./worker-push.ts";

const options = { keys, onError: () => {} };
const batch = (count: number) => Array.from({ length: count }, (_, offset) => wireMessage(offset, offset));

/** Pushes messages to a consumer; what became of each, by its offset. */
async function outcomes(
  handle: (batch: QueueBatch, env: undefined, ctx: WaitingContext) => unknown,
  messages = batch(3),
): Promise<unknown[]> {
  const fetch = cloudflareQueue<undefined>(options, handle);
  const ctx = { waitUntil: () => {} };
  const reply = await replyOf(await fetch(requestOf(signedPush(messages)), undefined, ctx));
  expect(reply.status).toBe(200);
  return messages.map(({ id }) => {
    const failure = reply.json?.batchItemFailures?.find(
      ({ itemIdentifier }: { itemIdentifier: string }) => itemIdentifier === id,
    );
    if (failure === undefined) return "ack";
    if (failure.outcome !== undefined) return failure.outcome;
    return failure.delayMs ?? "retry";
  });
}

test("a consumer written for Cloudflare Queues runs unchanged over HTTP", async () => {
  const seen: unknown[] = [];
  const env = { LOG: (entry: unknown) => seen.push(entry) };
  const fetch = cloudflareQueue(options, consumer);
  const ctx = { waitUntil: () => {} } as unknown as ExecutionContext;
  const url = await fetchServer((request) => fetch(request, env, ctx));
  const wishes = (...list: string[]) =>
    list.map((wish, offset) => wireMessage(offset, { wish }, { attempt: offset + 1 }));
  const some = await send(url, signedPush(wishes("ack", "retry", "later", "nothing")));
  expect(some.json).toEqual({
    batchItemFailures: [{ itemIdentifier: "0-1" }, { itemIdentifier: "0-2", delayMs: 27_000_000 }],
  });
  expect(seen[2]).toEqual({
    queue: "orders",
    id: "0-2",
    timestamp: new Date(1_790_000_000_002),
    attempts: 3,
    body: { wish: "later" },
  });
  const thrown = await send(url, signedPush(wishes("ack", "retry", "throw", "nothing")));
  expect(thrown.json.batchItemFailures).toEqual([
    { itemIdentifier: "0-1" },
    { itemIdentifier: "0-2", reason: "Error: the consumer failed" },
    { itemIdentifier: "0-3", reason: "Error: the consumer failed" },
  ]);
  const background = await send(url, signedPush(wishes("ack", "never mind")));
  expect(background.json.batchItemFailures).toEqual([
    { itemIdentifier: "0-1", reason: "Error: in the background" },
  ]);
});

test("a consumer may be a function or an object that needs its `this`", async () => {
  class Consumer {
    readonly seen: string[] = [];
    queue({ queue, messages }: QueueBatch<number>) {
      this.seen.push(...messages.map(({ body }) => `${queue} ${body}`));
    }
  }
  const it = new Consumer();
  const fetch = cloudflareQueue<undefined, WaitingContext, number>(options, it);
  await fetch(requestOf(signedPush(batch(2))), undefined, { waitUntil: () => {} });
  expect(it.seen).toEqual(["orders 0", "orders 1"]);
});

describe("a body is", () => {
  test("what was published", async () => {
    const bodies: unknown[] = [];
    const messages = [
      wireMessage(0, { deep: ["Grüße 🌊"] }),
      wireMessage(1, "Grüße 🌊", { headers: { "content-type": "text/plain" } }),
      wireMessage(2, null, { valueBase64: "AP8=" }),
      wireMessage(3, null, { valueBase64: null }),
      wireMessage(4, null),
      wireMessage(5, false),
    ];
    await outcomes((received) => bodies.push(...received.messages.map(({ body }) => body)), messages);
    expect(bodies).toEqual([
      { deep: ["Grüße 🌊"] },
      "Grüße 🌊",
      Uint8Array.of(0, 255).buffer,
      null,
      null,
      false,
    ]);
  });
});

describe("of several calls", () => {
  test("the first one on a message counts", async () => {
    expect(
      await outcomes(({ messages: [first, second, third] }) => {
        first!.ack();
        first!.retry({ delaySeconds: 9 });
        second!.retry({ delaySeconds: 5 });
        second!.ack();
        third!.retry();
        third!.retry({ delaySeconds: 6 });
      }),
    ).toEqual(["ack", 5_000, 6_000]);
  });

  test("one on a message goes before one on the batch", async () => {
    expect(
      await outcomes((received) => {
        received.messages[0]!.ack();
        received.messages[1]!.retry({ delaySeconds: 5 });
        received.retryAll({ delaySeconds: 60 });
      }),
    ).toEqual(["ack", 5_000, 60_000]);
    expect(
      await outcomes((received) => {
        received.messages[0]!.retry();
        received.ackAll();
      }),
    ).toEqual(["retry", "ack", "ack"]);
    expect(
      await outcomes((received) => {
        received.messages[0]!.retry();
        received.retryAll({ delaySeconds: 60 });
      }),
    ).toEqual([60_000, 60_000, 60_000]);
  });

  test("nothing undoes one on the batch, a retry of a message refines retryAll", async () => {
    expect(
      await outcomes((received) => {
        received.ackAll();
        received.retryAll();
        received.messages[0]!.retry();
      }),
    ).toEqual(["ack", "ack", "ack"]);
    expect(
      await outcomes((received) => {
        received.retryAll();
        received.ackAll();
        received.messages[0]!.ack();
        received.messages[1]!.retry({ delaySeconds: 3 });
        received.retryAll({ delaySeconds: 4 });
      }),
    ).toEqual([4_000, 3_000, 4_000]);
  });

  test("those made before the consumer throws stand", async () => {
    expect(
      await outcomes(({ messages }) => {
        messages[0]!.ack();
        messages[1]!.retry({ delaySeconds: 2 });
        throw new Error("half way");
      }),
    ).toEqual(["ack", 2_000, "retry"]);
    expect(
      await outcomes((received) => {
        received.ackAll();
        throw new Error("afterwards");
      }),
    ).toEqual(["ack", "ack", "ack"]);
    expect(
      await outcomes(() => {
        throw new NeverRetry("it never will");
      }),
    ).toEqual(["dead-letter", "dead-letter", "dead-letter"]);
  });

  test("a delay is cut to what there can be", async () => {
    const delays = [0, 1.9, -3, Number.NaN, 1e12];
    expect(
      await outcomes(({ messages }) => {
        for (const [index, delaySeconds] of delays.entries()) messages[index]!.retry({ delaySeconds });
      }, batch(delays.length)),
    ).toEqual([0, 1_000, 0, 0, 365 * 86_400_000]);
  });
});

test("what the consumer's context waits for ends before the batch does, and is told to Cloudflare's", async () => {
  const told: Promise<unknown>[] = [];
  const done: string[] = [];
  const outer = {
    props: { tenant: 7 },
    waitUntil(promise: Promise<unknown>) {
      told.push(promise);
    },
    passThroughOnException() {
      done.push(String(this === outer));
    },
  };
  type Ctx = typeof outer;
  const fetch = cloudflareQueue<undefined, Ctx>(options, (_batch, _env, ctx) => {
    ctx.passThroughOnException();
    expect(ctx.props.tenant).toBe(7);
    const first = async () => {
      for (let turn = 0; turn < 10; turn++) await null;
      done.push("first");
      ctx.waitUntil(Promise.resolve().then(() => done.push("second")));
    };
    ctx.waitUntil(first());
  });
  const response = await fetch(requestOf(signedPush(batch(1))), undefined, outer);
  expect(response.status).toBe(200);
  expect(done).toEqual(["true", "first", "second"]);
  expect(told).toHaveLength(2);
  const failing = cloudflareQueue<undefined>(options, (_batch, _env, ctx) => {
    ctx.waitUntil(Promise.reject(new Error("no")));
  });
  const reply = await replyOf(await failing(requestOf(signedPush(batch(1))), undefined, outer));
  expect(reply.json.batchItemFailures).toHaveLength(1);
  expect(await Promise.all(told)).toHaveLength(3);
});
