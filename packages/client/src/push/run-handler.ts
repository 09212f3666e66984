import { isOutcome, outcomeOfReturn, outcomeOfThrow, type PushOutcome, release } from "./outcome.ts";
import type { PushedMessage } from "./pushed-message.ts";
import type { Push } from "./verify-push.ts";

/**
 * Which messages of a push wait for which: none, those of one key (the others run beside them; messages without a key wait
 * for none), or all of a partition.
 */
export type PushOrdering = "none" | "key" | "partition";

/** Told of what a handler threw, with its message, and of a request that was refused. */
export type OnPushError = (error: unknown, message?: PushedMessage) => void;

/**
 * Hands the messages of a push to a handler; the outcome of each, in order. Where order is kept, a message that was not
 * handled stops those behind it: they are released, which spends no attempt. A pause that one asks for lets
 * nothing begin any more.
 */
export async function runHandler(
  push: Push,
  ordering: PushOrdering,
  handler: (message: PushedMessage) => unknown,
  onError: OnPushError,
): Promise<(PushOutcome | null)[]> {
  const outcomes: (PushOutcome | null)[] = push.messages.map(() => release());
  let paused = false;
  const runLane = async (lane: readonly number[]) => {
    for (const index of lane) {
      if (paused) return;
      const outcome = await runOne(push.messages[index]!, handler, onError);
      outcomes[index] = outcome;
      if (outcome?.kind === "retry-after") paused = true;
      if (outcome !== null && outcome.kind !== "result" && outcome.kind !== "dead-letter") return;
    }
  };
  await Promise.all(lanesOf(push.messages, ordering).map(runLane));
  return outcomes;
}

async function runOne(
  message: PushedMessage,
  handler: (message: PushedMessage) => unknown,
  onError: OnPushError,
): Promise<PushOutcome | null> {
  try {
    return outcomeOfReturn(await handler(message));
  } catch (thrown) {
    if (!isOutcome(thrown)) onError(thrown, message);
    return outcomeOfThrow(thrown);
  }
}

/** The messages that wait for one another, by their index. */
function lanesOf(messages: readonly PushedMessage[], ordering: PushOrdering): number[][] {
  const lanes = new Map<string, number[]>();
  for (const [index, message] of messages.entries()) {
    const name = laneOf(message, ordering) ?? `#${index}`;
    const lane = lanes.get(name);
    if (lane) lane.push(index);
    else lanes.set(name, [index]);
  }
  return [...lanes.values()];
}

function laneOf({ partition, wire }: PushedMessage, ordering: PushOrdering): string | null {
  if (ordering === "none") return null;
  if (ordering === "partition") return String(partition);
  if (wire.keyBase64 !== undefined) return `base64:${wire.keyBase64}`;
  return typeof wire.key === "string" ? `text:${wire.key}` : null;
}
