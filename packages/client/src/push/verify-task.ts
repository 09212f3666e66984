import { pushHeaders, type TaskCallback, TidegateError, webhookIdPrefixes } from "@tidegate/contracts";
import type { PushSource } from "./raw-body.ts";
import { type VerifyOptions, verifySigned } from "./verify-signed.ts";

/** A callback that is genuine: how a task, or an HTTP task, has ended. */
export interface VerifiedCallback extends TaskCallback {
  /** The `webhook-id`: the same each time it is sent. */
  readonly webhookId: string;
}

/** A request of an HTTP task that is genuine. */
export interface VerifiedHttpTask {
  /** As it was sent. */
  readonly body: string;
  /** The `webhook-id`: the same each time it is sent. */
  readonly webhookId: string;
  /** How long the answer is waited for, in milliseconds; null where that is not said. Not signed: an advice. */
  readonly timeoutMs: number | null;
}

/**
 * Verifies a callback, from its raw body. Throws SIGNATURE_INVALID, SIGNATURE_EXPIRED, SIGNATURE_REPLAYED, REQUEST_TOO_LARGE;
 * INVALID for a signed request that is none, as that of an HTTP task, whose body is up to whoever enqueued it.
 */
export async function verifyCallback(source: PushSource, options: VerifyOptions): Promise<VerifiedCallback> {
  const { id, read } = await verifySigned(source, options, (body, webhookId) => {
    requireKind(webhookId, webhookIdPrefixes.callback, "no callback");
    return JSON.parse(body) as TaskCallback;
  });
  return { ...read, webhookId: id };
}

/**
 * Verifies the request of an HTTP task whose body is text, or none. Throws as `verifyCallback` does. That it is genuine says that this
 * deployment sent it; what it says, whoever may enqueue there.
 */
export async function verifyHttpTask(source: PushSource, options: VerifyOptions): Promise<VerifiedHttpTask> {
  const { id, read, timeoutMs } = await verifySigned(source, options, (body, webhookId) => {
    requireKind(webhookId, webhookIdPrefixes.httpTask, "no HTTP task");
    return body;
  });
  return { body: read, webhookId: id, timeoutMs };
}

function requireKind(webhookId: string, prefix: string, none: string): void {
  if (webhookId.startsWith(prefix)) return;
  throw new TidegateError("INVALID", `The request is signed, but is ${none} of Tidegate`, {
    field: pushHeaders.id,
  });
}
