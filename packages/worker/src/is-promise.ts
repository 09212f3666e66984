/**
 * Whether a handler's return value is to be waited for. A plain value is not: it would cost a turn of the queue
 * for each message.
 */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
