/**
 * The headers of the push protocol, in lower case.
 * - `id`, `timestamp`, `signature`: of the request, after Standard Webhooks.
 * - `timeout`: of the request. How long it waits for the answer, in ms.
 * - `retry`: of an answer. `never` with a status that fails (or beside `batchItemFailures`, for those named there)
 *   dead-letters at once, with the first line of a text body as the reason.
 * - `result`: of an answer. `body`: the body is the result.
 */
export const pushHeaders = {
  id: "webhook-id",
  timestamp: "webhook-timestamp",
  signature: "webhook-signature",
  timeout: "tidegate-timeout-ms",
  retry: "tidegate-retry",
  result: "tidegate-result",
} as const;

/**
 * The `webhook-id` of a signed request begins with one of these where it is no push: so nobody who may enqueue HTTP tasks can
 * have a request signed that a receiver of pushes, or of callbacks, takes for one of its own.
 */
export const webhookIdPrefixes = { httpTask: "http-task:", callback: "callback:" } as const;
