import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fetchServer } from "./fixtures/http-servers.ts";
import { partial, whole, withCallback } from "./fixtures/lambda-functions.ts";
import { keys, replyOf, requestOf, send, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { type LambdaSqsOptions, lambdaSqs, type SqsHandler } from "./lambda-sqs.ts";
import { NeverRetry } from "./outcome.ts";
import type { SqsEvent } from "./sqs-event.ts";

const options = { keys, onError: () => {} };
const text = (offset: number, value: string) =>
  wireMessage(offset, value, { headers: { "content-type": "text/plain" } });

/** The event that a function gets for these messages. */
async function eventOf(messages: Parameters<typeof signedPush>[0], more: Partial<LambdaSqsOptions> = {}) {
  let seen: SqsEvent | undefined;
  const receive = lambdaSqs({ ...options, ...more }, async (event) => {
    seen = event;
  });
  expect((await receive(requestOf(signedPush(messages)))).status).toBe(200);
  return seen!;
}

describe("functions written for SQS run unchanged over HTTP", () => {
  test.each([
    ["with a promise", partial],
    ["with a callback", withCallback],
  ])("answering what failed, %s", async (_way, handler) => {
    const url = await fetchServer(lambdaSqs(options, handler));
    const reply = await send(url, signedPush([text(0, "fine"), text(1, "an error"), text(2, "fine")]));
    expect(reply).toMatchObject({ status: 200, json: { batchItemFailures: [{ itemIdentifier: "0-1" }] } });
    expect(await send(url, signedPush([text(0, "fine")]))).toMatchObject({ status: 200, text: "" });
  });

  test("failing as a whole", async () => {
    const url = await fetchServer(lambdaSqs(options, whole));
    const reason = "Error: There is an error in the message";
    expect((await send(url, signedPush([text(0, "fine"), text(1, "an error")]))).json).toEqual({
      batchItemFailures: [
        { itemIdentifier: "0-0", reason },
        { itemIdentifier: "0-1", reason },
      ],
    });
    expect(await send(url, signedPush([text(0, "fine")]))).toMatchObject({ status: 200, text: "" });
  });
});

describe("an event", () => {
  test("is as Lambda documents it", async () => {
    const sentAt = Math.floor(Date.now() / 1000) * 1000;
    let seen: SqsEvent | undefined;
    const receive = lambdaSqs(options, async (event) => {
      seen = event;
    });
    const message = wireMessage(
      5,
      { n: 1 },
      { partition: 2, attempt: 3, key: "ada", headersBase64: { raw: "AP8=" } },
    );
    await receive(requestOf(signedPush([message], { id: "t0:billing:2-5", sentAt })));
    expect(JSON.parse(JSON.stringify(seen))).toEqual({
      Records: [
        {
          messageId: "2-5",
          receiptHandle: "t0:billing:2-5/2-5/3",
          body: '{"n":1}',
          attributes: {
            ApproximateReceiveCount: "3",
            SentTimestamp: "1790000000005",
            SenderId: "tidegate",
            ApproximateFirstReceiveTimestamp: String(sentAt),
            MessageGroupId: "ada",
          },
          messageAttributes: {
            "content-type": {
              stringValue: "application/json",
              stringListValues: [],
              binaryListValues: [],
              dataType: "String",
            },
            raw: { binaryValue: "AP8=", stringListValues: [], binaryListValues: [], dataType: "Binary" },
          },
          md5OfBody: createHash("md5").update('{"n":1}').digest("hex"),
          eventSource: "aws:sqs",
          eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:orders",
          awsRegion: "us-east-1",
        },
      ],
    });
  });

  test("has every value as text", async () => {
    const { Records } = await eventOf([
      text(0, "Grüße 🌊"),
      wireMessage(1, "quoted"),
      wireMessage(2, null, { valueBase64: "AP8=" }),
      wireMessage(3, null, { valueBase64: null }),
    ]);
    expect(Records.map(({ body }) => body)).toEqual(["Grüße 🌊", '"quoted"', "AP8=", ""]);
    for (const { body, md5OfBody } of Records) {
      expect(md5OfBody).toBe(createHash("md5").update(body).digest("hex"));
    }
  });

  test("names the queue that it is told to", async () => {
    const eventSourceARN = "arn:aws-cn:sqs:cn-north-1:123456789012:the-orders";
    const { Records } = await eventOf([text(0, "a")], { eventSourceARN });
    expect(Records[0]).toMatchObject({ eventSourceARN, awsRegion: "cn-north-1" });
  });
});

describe("by Lambda's rules for partial responses", () => {
  const run = async (handler: SqsHandler) => {
    const receive = lambdaSqs(options, handler);
    const reply = await replyOf(await receive(requestOf(signedPush([text(0, "a"), text(1, "b")]))));
    expect(reply.status).toBe(200);
    return (reply.json?.batchItemFailures ?? []).map(
      ({ itemIdentifier }: { itemIdentifier: string }) => itemIdentifier,
    );
  };

  test.each([
    undefined,
    null,
    {},
    "done",
    7,
    { statusCode: 200 },
    { batchItemFailures: null },
    { batchItemFailures: [] },
  ])("%j is a success", async (response) => {
    expect(await run(async () => response)).toEqual([]);
    expect(await run((_event, _context, callback) => callback(null, response))).toEqual([]);
  });

  test.each([
    { batchItemFailures: "0-0" },
    { batchItemFailures: {} },
    { batchItemFailures: ["0-0"] },
    { batchItemFailures: [null] },
    { batchItemFailures: [{ itemIdentifier: "" }] },
    { batchItemFailures: [{ itemIdentifier: null }] },
    { batchItemFailures: [{ messageId: "0-0" }] },
    { batchItemFailures: [{ itemIdentifier: "0-0" }, { itemIdentifier: "0-7" }] },
  ])("%j fails the whole batch", async (response) => {
    expect(await run(async () => response)).toEqual(["0-0", "0-1"]);
  });

  test("an error fails the whole batch, whichever way it comes", async () => {
    expect(
      await run(() => {
        throw new Error("no");
      }),
    ).toEqual(["0-0", "0-1"]);
    expect(await run(async () => Promise.reject("no"))).toEqual(["0-0", "0-1"]);
    expect(await run((_event, _context, callback) => callback(new Error("no")))).toEqual(["0-0", "0-1"]);
    expect(await run((_event, _context, callback) => callback("no"))).toEqual(["0-0", "0-1"]);
  });

  test("a message that is named twice fails once", async () => {
    const twice = [{ itemIdentifier: "0-1" }, { itemIdentifier: "0-1" }];
    expect(await run(async () => ({ batchItemFailures: twice }))).toEqual(["0-1"]);
  });
});

test("a NeverRetry gives up the whole event", async () => {
  const receive = lambdaSqs(options, () => {
    throw new NeverRetry("it never will");
  });
  const reply = await replyOf(await receive(requestOf(signedPush([text(0, "a")]))));
  expect(reply.headers.get("tidegate-retry")).toBe("never");
});

test("the context is one of Lambda's, with the time that Tidegate gives", async () => {
  const contexts: unknown[] = [];
  const run = async (more: Partial<LambdaSqsOptions>, headers: Record<string, string>) => {
    const receive = lambdaSqs({ ...options, ...more }, async (_event, context) => {
      contexts.push({ ...context, left: Math.ceil(context.getRemainingTimeInMillis() / 60_000) });
    });
    const push = signedPush([text(0, "a")]);
    await receive(requestOf({ ...push, headers: { ...push.headers, ...headers } }));
  };
  await run({}, { "tidegate-timeout-ms": "600000" });
  await run({ timeoutMs: 300_000 }, { "tidegate-timeout-ms": "600000" });
  await run({}, {});
  await run({}, { "tidegate-timeout-ms": "long" });
  expect(contexts[0]).toEqual({
    callbackWaitsForEmptyEventLoop: true,
    functionName: "billing",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:billing",
    memoryLimitInMB: "128",
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: "/aws/lambda/billing",
    logStreamName: "t0:billing:0-0",
    getRemainingTimeInMillis: expect.any(Function),
    done: expect.any(Function),
    fail: expect.any(Function),
    succeed: expect.any(Function),
    left: 10,
  });
  expect(contexts.slice(1)).toMatchObject([{ left: 5 }, { left: 1 }, { left: 1 }]);
});

test("a function that ends in a way that cannot be followed is told", async () => {
  const errors: unknown[] = [];
  const receive = lambdaSqs({ keys, onError: (error) => errors.push(error) }, (_event, context) => {
    context.succeed();
  });
  const reply = await replyOf(await receive(requestOf(signedPush([text(0, "a")]))));
  expect(reply.json.batchItemFailures).toHaveLength(1);
  expect(errors).toEqual([expect.objectContaining({ code: "NOT_SUPPORTED" })]);
});
