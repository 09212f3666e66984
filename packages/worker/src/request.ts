import { TidegateError } from "@tidegate/contracts";
import type { Acks, Engine, OutgoingMessage } from "@tidegate/core";

export interface RequestOptions {
  /** How long to wait for the result. Default 30,000. */
  timeoutMs?: number;
  acks?: Acks;
  /** Ends the waiting; `request` rejects with its reason. */
  signal?: AbortSignal;
}

/**
 * Publishes a message and waits for what its handler returns as `result(value)`; null when it was acknowledged without one.
 * The handler is of the group that the topic's tickets speak of. Throws HANDLER_FAILED when the message was given up,
 * REPLY_TIMEOUT when the time is over (the message is still on its way), and what `append` throws.
 */
export async function request<Result = unknown>(
  engine: Pick<Engine, "append" | "tickets">,
  topicName: string,
  message: OutgoingMessage,
  { timeoutMs = 30_000, acks = "leader", signal }: RequestOptions = {},
): Promise<Result> {
  const { outcomes, topic } = await engine.append(topicName, [message], { acks });
  const outcome = outcomes[0]!;
  if (outcome.status === "refused") throw outcome.error;
  const { topicId } = topic;
  const { partition } = outcome;
  const place =
    outcome.status === "appended"
      ? { topicId, partition, offset: outcome.offset, delayedId: null }
      : { topicId, partition, offset: null, delayedId: outcome.delayedId };
  const { state, resultText, error } = await engine.tickets.wait(place, {
    timeoutMs,
    until: "final",
    signal,
  });
  signal?.throwIfAborted();
  if (state === "done") return (resultText === null ? null : JSON.parse(resultText)) as Result;
  const details = { topic: topicName, partition };
  if (state === "failed") throw new TidegateError("HANDLER_FAILED", error ?? undefined, details);
  throw new TidegateError("REPLY_TIMEOUT", `No result came within ${timeoutMs} ms`, {
    ...details,
    limit: timeoutMs,
  });
}
