import type { LambdaFunctionURLEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { toBase64 } from "../base64.ts";
import { partial } from "./fixtures/lambda-functions.ts";
import { keys, type SignedPush, signedPush, wireMessage } from "./fixtures/signed-push.ts";
import { lambdaSqs } from "./lambda-sqs.ts";
import { lambdaUrl } from "./lambda-url.ts";
import { nextPush } from "./next-push.ts";
import { retryAfter } from "./outcome.ts";

/** The event of a function URL as it is documented. */
function eventOf({ headers, body }: SignedPush, isBase64Encoded: boolean): LambdaFunctionURLEvent {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/push",
    rawQueryString: "",
    headers: {
      ...headers,
      host: "abc.lambda-url.eu-west-1.on.aws",
      connection: "keep-alive",
      "transfer-encoding": "chunked",
      "x-amzn-trace-id": "Root=1",
    },
    requestContext: {
      accountId: "anonymous",
      apiId: "abc",
      domainName: "abc.lambda-url.eu-west-1.on.aws",
      domainPrefix: "abc",
      http: {
        method: "POST",
        path: "/push",
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "tidegate",
      },
      requestId: "id",
      routeKey: "$default",
      stage: "$default",
      time: "20/Nov/2026:08:00:00 +0000",
      timeEpoch: 1_795_161_600_000,
    },
    body: isBase64Encoded ? toBase64(new TextEncoder().encode(body)) : body,
    isBase64Encoded,
  };
}

test.each([false, true])("a function behind its URL receives pushes (base64: %s)", async (encoded) => {
  const options = { keys, onError: () => {} };
  const handler = lambdaUrl(lambdaSqs(options, partial));
  const messages = ["Grüße 🌊", "an error"].map((text, offset) => wireMessage(offset, text));
  expect(await handler(eventOf(signedPush(messages), encoded))).toEqual({
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: '{"batchItemFailures":[{"itemIdentifier":"0-1"}]}',
  });
  const forged = { ...signedPush(messages), body: "{}" };
  expect(await handler(eventOf(forged, encoded))).toMatchObject({ statusCode: 401 });
  const paused = lambdaUrl(nextPush(options, () => retryAfter(5)));
  expect(await paused(eventOf(signedPush(messages), encoded))).toMatchObject({
    statusCode: 503,
    headers: { "retry-after": "5" },
  });
  expect(await handler({ headers: {}, isBase64Encoded: encoded })).toMatchObject({ statusCode: 401 });
});
