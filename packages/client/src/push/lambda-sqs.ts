import { TidegateError } from "@tidegate/contracts";
import { type PushOptions, receivePush } from "./handle-push.ts";
import { isOutcome, outcomeOfThrow, type PushOutcome, retry } from "./outcome.ts";
import { toResponse } from "./push-answer.ts";
import { type SqsEvent, sqsEvent } from "./sqs-event.ts";
import type { Push } from "./verify-push.ts";

export interface LambdaSqsOptions extends Omit<PushOptions, "ordering"> {
  /** The queue that the records name. Default `arn:aws:sqs:us-east-1:000000000000:<topic>`. */
  eventSourceARN?: string;
  /** What `getRemainingTimeInMillis` counts down from. Default: how long Tidegate waits, the group's `push.timeoutMs`. */
  timeoutMs?: number;
}

/** What Lambda gives a function beside the event. */
export interface LambdaContext {
  callbackWaitsForEmptyEventLoop: boolean;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  awsRequestId: string;
  logGroupName: string;
  logStreamName: string;
  getRemainingTimeInMillis(): number;
  /** Only for the types: they throw. When such a function has ended cannot be known, so return a promise or call back. */
  done(error?: Error, response?: unknown): void;
  fail(error: Error | string): void;
  succeed(response?: unknown): void;
}

/** A function as Lambda runs it for SQS, with a promise or with a callback. */
export type SqsHandler<Context = LambdaContext> = (
  event: SqsEvent,
  context: Context,
  callback: (error?: Error | string | null, response?: unknown) => void,
) => unknown;

/**
 * Runs a function that was written for SQS on Lambda, unchanged, behind a push: from a `Request` to a `Response`. A request
 * is an event, so the group's `batchSize` is the batch size. `ReportBatchItemFailures` counts as switched on: what its
 * `batchItemFailures` name is retried, everything when it throws or when what it names cannot be told.
 */
export function lambdaSqs(
  options: LambdaSqsOptions,
  handler: SqsHandler,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = await receivePush(request, options, async (push, onError) => {
      const arn = options.eventSourceARN ?? `arn:aws:sqs:us-east-1:000000000000:${push.topic}`;
      try {
        return outcomesOf(push, await invoke(handler, sqsEvent(push, arn), contextOf(push, arn, options)));
      } catch (thrown) {
        if (!isOutcome(thrown)) onError(thrown);
        const outcome = outcomeOfThrow(thrown);
        return push.messages.map(() => outcome);
      }
    });
    return toResponse(answer);
  };
}

/** A group's, where it is silent. */
const defaultTimeoutMs = 30_000;

/** A function that returns no promise and takes a callback has ended when it calls back. */
function invoke(handler: SqsHandler, event: SqsEvent, context: LambdaContext): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, response) => {
      if (error !== undefined && error !== null) reject(error);
      else resolve(response);
    });
    const isPromise = typeof returned === "object" && returned !== null && "then" in returned;
    if (isPromise || handler.length < 3) resolve(returned);
  });
}

/** By Lambda's rules for partial responses: nothing named is success; what cannot be understood fails everything. */
function outcomesOf(push: Push, response: unknown): (PushOutcome | null)[] {
  const failures = (response as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) throw new TypeError("batchItemFailures is no array");
  const known = new Set(push.messages.map(({ id }) => id));
  const failed = new Set<string>();
  for (const failure of failures) {
    const id: unknown = failure?.itemIdentifier;
    if (typeof id !== "string" || !known.has(id))
      throw new TypeError(
        `batchItemFailures names ${JSON.stringify(id)}, which is no messageId of the event`,
      );
    failed.add(id);
  }
  return push.messages.map(({ id }) => (failed.has(id) ? retry() : null));
}

function contextOf(push: Push, arn: string, options: LambdaSqsOptions): LambdaContext {
  const [, partition, , region, account] = arn.split(":");
  const deadline = Date.now() + (options.timeoutMs ?? push.timeoutMs ?? defaultTimeoutMs);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: push.group,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:${partition}:lambda:${region}:${account}:function:${push.group}`,
    memoryLimitInMB: "128",
    awsRequestId: crypto.randomUUID(),
    logGroupName: `/aws/lambda/${push.group}`,
    logStreamName: push.id,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: refuse,
    fail: refuse,
    succeed: refuse,
  };
}

function refuse(): never {
  throw new TidegateError(
    "NOT_SUPPORTED",
    "context.done, fail and succeed are not supported: return a promise, or call the callback",
  );
}
