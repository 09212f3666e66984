import { limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { type Group, laneScheme } from "../groups/group.ts";
import type { StoredMessage } from "../read/read-log.ts";
import { holdLane, readLaneHold } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { type Holding, hold, readHolding } from "./hold.ts";
import { keyOfScheme, laneOfKey } from "./lane-of.ts";
import { lanesCall } from "./lanes-call.ts";

/** What tells the lane of a message. */
export type MessageOfLane = Pick<StoredMessage, "key" | "headers">;

/**
 * Holds the lane of a message for so long from now, and then lets one message of it at a time be handed out; null ends that.
 * A message of no lane of its own (it has no key) has its whole group held instead, or what was given back would come again at
 * once. @throws INVALID, GROUP_NOT_FOUND
 */
export async function holdLaneOf(
  context: Context,
  topic: Topic,
  group: Group,
  message: MessageOfLane,
  options: { readonly forMs: number } | null,
): Promise<void> {
  if (options !== null) requireInteger("forMs", options.forMs, 0, limits.retryDelayMs);
  const key = ownKey(group, message);
  if (key === null) return hold(context, topic, group, options && { ...options, probe: true });
  const { keys, args } = lanesCall(context, topic, group);
  const lane = laneOfKey(topic, group, key);
  await run(context, holdLane, keys, { ...args, lane, forMs: options?.forMs ?? "" });
}

/** How the lane of a message is held; null when it is not. @throws GROUP_NOT_FOUND */
export async function readHoldOfLane(
  context: Context,
  topic: Topic,
  group: Group,
  message: MessageOfLane,
): Promise<Holding | null> {
  const key = ownKey(group, message);
  if (key === null) return readHolding(context, topic, group);
  const { keys, args } = lanesCall(context, topic, group);
  const lane = laneOfKey(topic, group, key);
  const [heldUntil, forMs] = (await run(context, readLaneHold, keys, { ...args, lane })) as [
    Buffer?,
    Buffer?,
  ];
  if (heldUntil === undefined) return null;
  return { heldUntil: Number(heldUntil), forMs: Number(forMs), probe: true };
}

function ownKey(group: Group, message: MessageOfLane): Uint8Array | null {
  const scheme = laneScheme(group);
  return scheme === "partition" ? null : keyOfScheme(scheme, message);
}
