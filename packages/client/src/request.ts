import { limits, TidegateError } from "@tidegate/contracts";
import { delayBefore, pause } from "./backoff.ts";
import type { Http } from "./http.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { type PublishOptions, publish } from "./publish.ts";
import { ticket } from "./tickets.ts";

export interface RequestOptions extends PublishOptions {
  /** For the publish and the result together. Default 30,000. */
  timeoutMs?: number;
}

/**
 * Publishes a message and waits for what its handler returns as `result(value)`; null when it was acknowledged without one.
 * Throws HANDLER_FAILED when the message has become a dead letter; REPLY_TIMEOUT when the time is up: the message is still
 * on its way, and `details.ticket` can be asked; and what `publish` throws.
 */
export async function request<Result = unknown>(
  http: Http,
  topic: string,
  message: OutgoingMessage,
  options: RequestOptions = {},
): Promise<Result> {
  const { timeoutMs = 30_000, signal, ...rest } = options;
  const deadline = Date.now() + timeoutMs;
  const published = await publish(http, topic, message, { ...rest, timeoutMs, ...(signal && { signal }) });
  const id = published.messages[0]!.ticket;
  const expiry = new AbortController();
  const expire = () =>
    expiry.abort(
      new TidegateError("REPLY_TIMEOUT", `No result came within ${timeoutMs} ms`, {
        ticket: id,
        limit: timeoutMs,
      }),
    );
  const timer = setTimeout(expire, Math.max(0, deadline - Date.now()));
  try {
    const either = signal ? AbortSignal.any([signal, expiry.signal]) : expiry.signal;
    return (await resultOf(http, id, deadline, either)) as Result;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks until the state is final. Rejects with the signal's reason. */
async function resultOf(http: Http, id: string, deadline: number, signal: AbortSignal): Promise<unknown> {
  let state = "";
  // How often in a row nothing new was heard: a server that does not wait must not be asked in a loop.
  let unchanged = 0;
  for (;;) {
    const status = await heard(http, id, deadline, signal);
    if (status?.state === "done") return status.result;
    if (status?.state === "failed")
      throw new TidegateError("HANDLER_FAILED", status.error ?? undefined, { ticket: id });
    unchanged = status === null || status.state === state ? unchanged + 1 : 0;
    state = status?.state ?? state;
    if (unchanged > 0) await pause(delayBefore(unchanged + 1, http.backoff), signal);
  }
}

/** The ticket's next state, or null when it cannot be asked for now. */
async function heard(http: Http, id: string, deadline: number, signal: AbortSignal) {
  const waitMs = Math.min(limits.ticketWaitMs, Math.max(1, deadline - Date.now()));
  try {
    return await ticket(http, id, { waitMs, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof TidegateError && thrown.retryable) return null;
    throw thrown;
  }
}
