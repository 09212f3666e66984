export { type CloudflareQueueOptions, cloudflareQueue, type QueueHandler } from "./cloudflare-queue.ts";
export { handlePush, type PushContext, type PushHandler, type PushOptions } from "./handle-push.ts";
export { type HonoContext, type HonoPushOptions, honoPush } from "./hono-push.ts";
export { type LambdaContext, type LambdaSqsOptions, lambdaSqs, type SqsHandler } from "./lambda-sqs.ts";
export { type LambdaUrlEvent, type LambdaUrlResult, lambdaUrl } from "./lambda-url.ts";
export { nextPush } from "./next-push.ts";
export { type NodeRequest, type NodeResponse, nodePush } from "./node-push.ts";
export { deadLetter, NeverRetry, type PushOutcome, release, result, retry, retryAfter } from "./outcome.ts";
export { PushedMessage } from "./pushed-message.ts";
export type { QueueBatch, QueueMessage, QueueRetryOptions } from "./queue-batch.ts";
export type { PushSource, RawRequest } from "./raw-body.ts";
export type { OnPushError, PushOrdering } from "./run-handler.ts";
export type { PushKeys, PushKeysOf } from "./signing-keys.ts";
export type { SqsAttributes, SqsEvent, SqsMessageAttribute, SqsRecord } from "./sqs-event.ts";
export { type Push, verifyPush } from "./verify-push.ts";
export type { VerifyOptions } from "./verify-signed.ts";
export {
  type VerifiedCallback,
  type VerifiedHttpTask,
  verifyCallback,
  verifyHttpTask,
} from "./verify-task.ts";
export {
  type WaitingContext,
  type WorkerPushContext,
  type WorkerPushOptions,
  workerPush,
} from "./worker-push.ts";
