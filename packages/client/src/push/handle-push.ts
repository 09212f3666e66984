import { TidegateError } from "@tidegate/contracts";
import type { PushOutcome } from "./outcome.ts";
import { answerProblem, answerPush, type PushAnswer, toResponse } from "./push-answer.ts";
import type { PushedMessage } from "./pushed-message.ts";
import type { PushSource } from "./raw-body.ts";
import { type OnPushError, type PushOrdering, runHandler } from "./run-handler.ts";
import { type Push, verifyPush } from "./verify-push.ts";
import type { VerifyOptions } from "./verify-signed.ts";

export interface PushOptions extends VerifyOptions {
  /** Which messages of one request wait for which. Default none: they are handled side by side. */
  ordering?: PushOrdering;
  /** Told of what the handler threw, and of a request that was refused. Default: `console.error`. */
  onError?: OnPushError;
}

/** What a handler is called with, beside the message. */
export interface PushContext {
  readonly topic: string;
  readonly group: string;
  /** The `webhook-id`: the same each time these messages are sent together. */
  readonly id: string;
  /** When it was sent this time, in milliseconds since 1970. */
  readonly sentAt: number;
  /** How long Tidegate waits for the answer, in milliseconds; null where it does not say. */
  readonly timeoutMs: number | null;
  /** Aborted when Tidegate has gone, as after its time-out; where the runtime tells. */
  readonly signal: AbortSignal;
}

/**
 * Handles one message. What it returns, unless that is an outcome, and nothing at all acknowledge it; what it throws,
 * unless that is an outcome or a NeverRetry, has it retried by the group's back-off.
 */
export type PushHandler<Context = PushContext> = (message: PushedMessage, context: Context) => unknown;

/**
 * Receives a push: verifies it, hands its messages to the handler, and answers what became of each. A request that is not
 * genuine is answered 401 with a problem document. Rejects only for an option that is wrong, a request that breaks
 * off, and what `seen` throws.
 */
export async function handlePush(
  request: Request,
  options: PushOptions,
  handler: PushHandler,
): Promise<Response> {
  return toResponse(await receiveMessages(request, options, handler, request.signal));
}

/** As `handlePush`, from any source and with the answer as it stands. */
export function receiveMessages(
  source: PushSource,
  options: PushOptions,
  handler: PushHandler,
  signal: AbortSignal,
): Promise<PushAnswer> {
  return receivePush(source, options, (push, onError) => {
    const { topic, group, id, sentAt, timeoutMs } = push;
    const context: PushContext = { topic, group, id, sentAt, timeoutMs, signal };
    return runHandler(push, options.ordering ?? "none", (message) => handler(message, context), onError);
  });
}

/** Verifies a push and answers with what `handle` says of its messages, in order. */
export async function receivePush(
  source: PushSource,
  options: VerifyOptions & { onError?: OnPushError },
  handle: (push: Push, onError: OnPushError) => Promise<readonly (PushOutcome | null)[]>,
): Promise<PushAnswer> {
  const onError = options.onError ?? logError;
  let push: Push;
  try {
    push = await verifyPush(source, options);
  } catch (thrown) {
    if (!isOfRequest(thrown)) throw thrown;
    onError(thrown);
    return answerProblem(thrown);
  }
  return answerPush(push, await handle(push, onError));
}

/** Whether a request was wrong, and not what the receiver was configured with. */
function isOfRequest(thrown: unknown): thrown is TidegateError {
  if (!(thrown instanceof TidegateError)) return false;
  return thrown.code !== "INVALID" || thrown.details.field === "body";
}

function logError(error: unknown, message?: PushedMessage): void {
  if (message === undefined) console.error("A push was refused:", error);
  else console.error(`Message ${message.id} of ${message.topic} has failed:`, error);
}
