import { limits } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { holdLanes, readHold } from "../redis/scripts.gen.ts";
import { requireInteger } from "../require.ts";
import type { Topic } from "../topics/topic.ts";
import { lanesCall } from "./lanes-call.ts";

/** How long a group is held, and what then. */
export type HoldOptions = {
  /** Whether only one message at a time is handed out from then on, until it is held no longer. */
  readonly probe?: boolean | undefined;
} & (
  | {
      /** In ms since 1970 by Redis's clock; null holds no longer. */
      readonly untilAt: number | null;
    }
  | {
      /** From now by Redis's clock; never shortens a hold. */
      readonly forMs: number;
    }
);

/** A hold as Redis has it. */
export interface Holding {
  /** In ms since 1970 by Redis's clock. */
  readonly heldUntil: number;
  /** What was asked for last. */
  readonly forMs: number;
  readonly probe: boolean;
}

/** Holds a group on lanes; null holds no longer. @throws INVALID, GROUP_NOT_FOUND */
export async function hold(
  context: Context,
  topic: Topic,
  group: Group,
  options: HoldOptions | null,
): Promise<void> {
  const untilAt = options && "untilAt" in options ? options.untilAt : null;
  const forMs = options && "forMs" in options ? options.forMs : null;
  if (untilAt !== null) requireInteger("untilAt", untilAt, 0, 8.64e15);
  if (forMs !== null) requireInteger("forMs", forMs, 0, limits.retryDelayMs);
  const { keys, args } = lanesCall(context, topic, group);
  await run(context, holdLanes, keys, {
    ...args,
    untilAt: untilAt ?? "",
    forMs: forMs ?? "",
    probe: options?.probe ? 1 : "",
  });
}

/** How a group on lanes is held; null when it is not. @throws GROUP_NOT_FOUND */
export async function readHolding(context: Context, topic: Topic, group: Group): Promise<Holding | null> {
  const { keys, args } = lanesCall(context, topic, group);
  const [heldUntil, forMs, probe] = (await run(context, readHold, keys, args)) as [Buffer?, Buffer?, number?];
  if (heldUntil === undefined) return null;
  return { heldUntil: Number(heldUntil), forMs: Number(forMs), probe: probe === 1 };
}
