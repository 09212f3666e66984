import { limits, pushResponse, TidegateError, validate } from "@tidegate/contracts";
import { describe, expect, test, vi } from "vitest";
import { foreignKey, keys, replyOf, requestOf, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { handlePush, type PushHandler, type PushOptions } from "./handle-push.ts";
import { deadLetter, NeverRetry, release, result, retry, retryAfter } from "./outcome.ts";
import type { PushedMessage } from "./pushed-message.ts";

const batch = (count: number) => Array.from({ length: count }, (_, offset) => wireMessage(offset, offset));

/** Pushes messages to a handler; each answer has to be one that the contract knows. */
async function push(
  handler: PushHandler,
  messages = batch(1),
  options: Partial<PushOptions> = {},
): Promise<Awaited<ReturnType<typeof replyOf>>> {
  const quiet = { keys, onError: () => {} };
  const reply = await replyOf(
    await handlePush(requestOf(signedPush(messages)), { ...quiet, ...options }, handler),
  );
  if (reply.json !== null) validate(pushResponse, reply.json);
  return reply;
}

describe("a message is", () => {
  test("acknowledged by a handler that returns, whatever it returns", async () => {
    const returned = [
      undefined,
      null,
      7,
      "text",
      { rows: [1] },
      [retry()],
      Promise.resolve(new Error("a value")),
    ];
    const reply = await push((message) => returned[message.offset], batch(returned.length));
    expect(reply).toMatchObject({ status: 200, text: "" });
    expect(reply.headers.get("tidegate-retry")).toBeNull();
  });

  test("retried alone when the handler throws or rejects", async () => {
    const errors: [unknown, string | undefined][] = [];
    const onError = (error: unknown, message?: PushedMessage) => errors.push([error, message?.id]);
    const reply = await push(
      (message) => {
        if (message.offset === 1) throw new RangeError("too many");
        if (message.offset === 2) return Promise.reject("a text");
        return undefined;
      },
      batch(4),
      { onError },
    );
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.json).toEqual({
      batchItemFailures: [
        { itemIdentifier: "0-1", reason: "RangeError: too many" },
        { itemIdentifier: "0-2", reason: "a text" },
      ],
    });
    expect(reply.headers.get("content-type")).toBe("application/json");
    expect(reply.headers.get("tidegate-retry")).toBeNull();
    expect(errors).toEqual([
      [new RangeError("too many"), "0-1"],
      ["a text", "0-2"],
    ]);
  });

  test.each([
    ["returned", (outcome: unknown) => outcome],
    ["resolved with", async (outcome: unknown) => outcome],
    [
      "thrown",
      (outcome: unknown) => {
        throw outcome;
      },
    ],
    ["rejected with", (outcome: unknown) => Promise.reject(outcome)],
  ])("what an outcome says that is %s", async (_way, give) => {
    const outcomes = [
      retry(),
      retry({ delayMs: 1_500 }),
      release(),
      deadLetter("no such buyer"),
      result({ paid: 1 }),
    ];
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const reply = await push((message) => give(outcomes[message.offset]), batch(5), { onError });
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      batchItemFailures: [
        { itemIdentifier: "0-0" },
        { itemIdentifier: "0-1", delayMs: 1_500 },
        { itemIdentifier: "0-2", outcome: "release" },
        { itemIdentifier: "0-3", outcome: "dead-letter", reason: "no such buyer" },
      ],
      results: [{ itemIdentifier: "0-4", result: { paid: 1 } }],
    });
    expect(reply.headers.get("tidegate-retry")).toBeNull();
    expect(errors).toEqual([]);
  });

  test("given up at once when a NeverRetry is thrown, which the header says when nothing else failed", async () => {
    class NoSuchBuyer extends NeverRetry {}
    const alone = await push(() => {
      throw new NoSuchBuyer("no such buyer");
    });
    expect(alone.json.batchItemFailures).toEqual([
      { itemIdentifier: "0-0", outcome: "dead-letter", reason: "no such buyer" },
    ]);
    expect(alone.headers.get("tidegate-retry")).toBe("never");
    const some = await push((message) => {
      if (message.offset === 1) throw new NeverRetry("bad");
    }, batch(3));
    expect(some.json.batchItemFailures).toHaveLength(1);
    expect(some.headers.get("tidegate-retry")).toBe("never");
    const mixed = await push((message) => {
      throw message.offset === 1 ? new NeverRetry("bad") : new Error("later");
    }, batch(3));
    expect(mixed.json.batchItemFailures.map(({ outcome }: { outcome?: string }) => outcome)).toEqual([
      undefined,
      "dead-letter",
      undefined,
    ]);
    expect(mixed.headers.get("tidegate-retry")).toBeNull();
  });
});

describe("a pause", () => {
  test("is answered with 503, the longest of them, and what is done stays done", async () => {
    const reply = await push((message) => {
      if (message.offset === 1) return retryAfter(20);
      if (message.offset === 2) throw retryAfter(30);
      if (message.offset === 3) throw new Error("bad");
      return result("done");
    }, batch(4));
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("30");
    expect(reply.headers.get("tidegate-retry")).toBeNull();
    expect(reply.json).toEqual({
      batchItemFailures: [
        { itemIdentifier: "0-1", outcome: "release" },
        { itemIdentifier: "0-2", outcome: "release" },
        { itemIdentifier: "0-3", reason: "Error: bad" },
      ],
      results: [{ itemIdentifier: "0-0", result: "done" }],
    });
  });

  test("lets no other message begin", async () => {
    const began: number[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // Two partitions side by side: the second one asks for a pause while the first is at its first message.
    const messages = [0, 1, 2, 3].map((offset) => wireMessage(offset, 0, { partition: offset % 2 }));
    const reply = await push(
      async ({ offset }) => {
        began.push(offset);
        if (offset === 0) return held;
        letGo();
        return retryAfter(5);
      },
      messages,
      { ordering: "partition" },
    );
    expect(began).toEqual([0, 1]);
    expect(reply.json.batchItemFailures).toEqual(
      ["1-1", "0-2", "1-3"].map((itemIdentifier) => ({ itemIdentifier, outcome: "release" })),
    );
  });
});

describe("messages are handled", () => {
  /** Who began while whom was running. */
  async function overlaps(ordering: PushOptions["ordering"], fail: readonly number[] = []) {
    const running = new Set<number>();
    const seen: [number, number[]][] = [];
    const messages = [
      wireMessage(0, 0, { key: "ada" }),
      wireMessage(1, 0, { key: "bob" }),
      wireMessage(2, 0, { key: "ada" }),
      wireMessage(3, 0),
      wireMessage(4, 0),
      wireMessage(5, 0, { keyBase64: "/w==", partition: 1 }),
      wireMessage(6, 0, { keyBase64: "/w==", partition: 1 }),
    ];
    const handler: PushHandler = async ({ offset }) => {
      seen.push([offset, [...running]]);
      running.add(offset);
      for (let turn = 0; turn < 5; turn++) await null;
      running.delete(offset);
      if (fail.includes(offset)) throw new Error("no");
    };
    const reply = await push(handler, messages, ordering === undefined ? {} : { ordering });
    return { seen: Object.fromEntries(seen), reply };
  }

  test("side by side unless order is asked for", async () => {
    const { seen } = await overlaps(undefined);
    expect(seen[6]).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await overlaps("none")).seen).toEqual(seen);
  });

  test("in order by key, those of other keys and without a key beside them", async () => {
    const { seen } = await overlaps("key");
    expect(seen[5]).toEqual([0, 1, 3, 4]);
    expect(seen[2]).not.toContain(0);
    expect(seen[6]).not.toContain(5);
  });

  test("in order by partition", async () => {
    const { seen } = await overlaps("partition");
    expect(seen[5]).toEqual([0]);
    for (const [offset, others] of Object.entries(seen)) {
      const partition = Number(offset) < 5 ? 0 : 1;
      expect(others.filter((other) => (other < 5 ? 0 : 1) === partition)).toEqual([]);
    }
  });

  test("no further behind one that failed, which gives them back unspent", async () => {
    const byKey = await overlaps("key", [0]);
    expect(byKey.reply.json.batchItemFailures).toEqual([
      { itemIdentifier: "0-0", reason: "Error: no" },
      { itemIdentifier: "0-2", outcome: "release" },
    ]);
    const byPartition = await overlaps("partition", [1]);
    expect(Object.keys(byPartition.seen).map(Number)).toEqual([0, 1, 5, 6]);
    expect(byPartition.reply.json.batchItemFailures).toEqual([
      { itemIdentifier: "0-1", reason: "Error: no" },
      ...["0-2", "0-3", "0-4"].map((itemIdentifier) => ({ itemIdentifier, outcome: "release" })),
    ]);
  });

  test("on behind one that was given up", async () => {
    const handled: number[] = [];
    const reply = await push(
      ({ offset }) => {
        handled.push(offset);
        if (offset === 0) throw new NeverRetry("bad");
        return result(offset);
      },
      batch(3),
      { ordering: "partition" },
    );
    expect(handled).toEqual([0, 1, 2]);
    expect(reply.json.results).toHaveLength(2);
  });
});

test("a handler sees its message and what it came with", async () => {
  const contexts: unknown[] = [];
  const sentAt = Math.floor(Date.now() / 1000) * 1000;
  const sent = signedPush(batch(1), { sentAt });
  const headers = { ...sent.headers, "tidegate-timeout-ms": "2500" };
  for (const request of [requestOf(sent), requestOf({ ...sent, headers })]) {
    await handlePush(request, { keys }, (message, { signal, ...context }) => {
      contexts.push([message.json(), signal.aborted, context]);
    });
  }
  const context = { topic: "orders", group: "billing", id: "t0:billing:0-0", sentAt, timeoutMs: null };
  expect(contexts).toEqual([
    [0, false, context],
    [0, false, { ...context, timeoutMs: 2_500 }],
  ]);
});

describe("an answer stays within what Tidegate reads", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length;

  test("when every message of the largest batch fails with a long reason", async () => {
    const reply = await push(
      () => {
        throw new Error("ü".repeat(10_000));
      },
      Array.from({ length: 1000 }, (_, index) =>
        wireMessage(Number.MAX_SAFE_INTEGER - index, 0, { partition: 1023 }),
      ),
    );
    expect(bytes(reply.text)).toBeLessThanOrEqual(limits.pushResultBytes);
    expect(reply.json.batchItemFailures).toHaveLength(1000);
    const few = await push(() => {
      throw new Error("x".repeat(10_000));
    }, batch(3));
    expect(few.json.batchItemFailures[2].reason).toHaveLength(limits.reasonLength);
  });

  test("when results do not fit: their messages come again, with fewer others, until all are in", async () => {
    let waiting = batch(20);
    const got: number[] = [];
    while (waiting.length > 0) {
      const reply = await push((message) => result("€".repeat(20_000) + message.offset), waiting);
      expect(bytes(reply.text)).toBeLessThanOrEqual(limits.pushResultBytes);
      expect(reply.json.results.length).toBeGreaterThan(0);
      for (const { itemIdentifier, result } of reply.json.results) {
        expect(result).toBe("€".repeat(20_000) + itemIdentifier.slice(2));
        got.push(Number(itemIdentifier.slice(2)));
      }
      const left = new Set(
        (reply.json.batchItemFailures ?? []).map((failure: { itemIdentifier: string; outcome: string }) => {
          expect(failure.outcome).toBe("release");
          return failure.itemIdentifier;
        }),
      );
      waiting = waiting.filter(({ id }) => left.has(id));
    }
    expect(got.sort((one, other) => one - other)).toEqual(batch(20).map(({ offset }) => offset));
  });

  test("when as many results as fit stand beside as many failures as there can be", async () => {
    const reply = await push(
      (message) => {
        if (message.offset < 500) throw retry({ delayMs: limits.retryDelayMs });
        return result("x".repeat(1_000));
      },
      Array.from({ length: 1000 }, (_, offset) => wireMessage(offset, 0, { partition: 1023 })),
    );
    expect(bytes(reply.text)).toBeLessThanOrEqual(limits.pushResultBytes);
    const { batchItemFailures, results } = reply.json;
    expect(results.length).toBeGreaterThan(100);
    expect(batchItemFailures.length + results.length).toBe(1000);
  });

  test("with the largest result beside the largest batch", async () => {
    const largest = "x".repeat(limits.resultBytes - 2);
    const reply = await push((message) => {
      if (message.offset < 999) throw new Error("y".repeat(1000));
      return result(largest);
    }, batch(1000));
    expect(bytes(reply.text)).toBeLessThanOrEqual(limits.pushResultBytes);
    expect(reply.json.results).toEqual([{ itemIdentifier: "0-999", result: largest }]);
    expect(reply.json.batchItemFailures).toHaveLength(999);
  });
});

describe("outcomes refuse", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  test.each([
    ["a delay below 0", () => retry({ delayMs: -1 }), "delayMs", 0],
    [
      "a delay over a year",
      () => retry({ delayMs: limits.retryDelayMs + 1 }),
      "delayMs",
      limits.retryDelayMs,
    ],
    ["half a millisecond", () => retry({ delayMs: 0.5 }), "delayMs", limits.retryDelayMs],
    ["a pause of nothing", () => retryAfter(0), "seconds", 1],
    ["a pause over an hour", () => retryAfter(3_601), "seconds", 3_600],
    ["a pause that is no number", () => retryAfter(Number.NaN), "seconds", 3_600],
    ["a result that is too large", () => result("x".repeat(65_535)), "result", 65_536],
    ["a result of a cycle", () => result(cycle), "result", undefined],
    ["a result of nothing", () => result(undefined), "result", undefined],
    ["a result of a big integer", () => result(1n), "result", undefined],
  ])("%s", (_name, make, field, limit) => {
    expect(make).toThrow(TidegateError);
    expect(make).toThrow(
      expect.objectContaining({
        code: "INVALID",
        details: { field, ...(limit !== undefined && { limit }) },
      }),
    );
  });

  test("nothing that is within its limit", () => {
    expect(() => [
      retry({ delayMs: 0 }),
      retryAfter(1),
      retryAfter(3_600),
      result("x".repeat(65_534)),
      result(null),
    ]).not.toThrow();
  });
});

describe("a request that is not genuine", () => {
  test.each([
    ["SIGNATURE_INVALID", 401, signedPush(batch(1), { key: foreignKey }), {}],
    ["SIGNATURE_EXPIRED", 401, signedPush(batch(1), { sentAt: Date.now() - 400_000 }), {}],
    ["SIGNATURE_REPLAYED", 401, signedPush(batch(1)), { seen: () => true }],
    ["REQUEST_TOO_LARGE", 413, signedPush(batch(1)), { maxBytes: 10 }],
  ])("is answered with a problem document: %s", async (code, status, sent, options) => {
    let handled = 0;
    const errors: unknown[] = [];
    const response = await handlePush(
      requestOf(sent),
      { keys, onError: (error) => errors.push(error), ...options },
      () => handled++,
    );
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      code,
      status,
      retryable: false,
      title: expect.any(String),
    });
    expect(handled).toBe(0);
    expect(errors).toEqual([expect.objectContaining({ code })]);
  });

  test("is answered with 422 when something has parsed its body before", async () => {
    const request = requestOf(signedPush(batch(1)));
    await request.text();
    const response = await handlePush(request, { keys, onError: () => {} }, () => {});
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "INVALID", field: "body" });
  });
});

test("what is wrong with the receiver itself is thrown, not answered", async () => {
  const request = () => requestOf(signedPush(batch(1)));
  await expect(handlePush(request(), { keys: [] }, () => {})).rejects.toMatchObject({ code: "INVALID" });
  const store = new Error("the store is away");
  const seen = () => Promise.reject(store);
  await expect(handlePush(request(), { keys, seen }, () => {})).rejects.toBe(store);
});

test("without a listener, what fails is told on the console", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const failure = new Error("no");
    await handlePush(requestOf(signedPush(batch(1))), { keys }, () => Promise.reject(failure));
    await handlePush(requestOf(signedPush(batch(1), { key: foreignKey })), { keys }, () => {});
    await handlePush(requestOf(signedPush(batch(1))), { keys }, () => {
      throw retry();
    });
    expect(told.mock.calls).toEqual([
      ["Message 0-0 of orders has failed:", failure],
      ["A push was refused:", expect.objectContaining({ code: "SIGNATURE_INVALID" })],
    ]);
  } finally {
    told.mockRestore();
  }
});
