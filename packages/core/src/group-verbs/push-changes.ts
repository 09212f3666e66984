import { type Context, send } from "../context.ts";
import { pushChannel } from "../keys.ts";
import type { Waker } from "../wake/waker.ts";

/** How long to wait where changes are not told. */
const unheardMs = 2_000;

/** Tells dispatchers that a push group was made, changed or deleted. One that does not hear it looks within a minute. */
export async function announcePush(context: Context): Promise<void> {
  await send(context, "PUBLISH", pushChannel(context.space), 0).catch(() => {});
}

/** What was heard of changes of push groups so far: to be asked for before a look at them. */
export function pushChanges(context: Context, waker: Waker): number | null {
  return waker.count(pushChannel(context.space));
}

/** Waits until push groups may have changed since `seen`, or so long. Never throws. */
export async function waitForPushChange(
  context: Context,
  waker: Waker,
  seen: number | null,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const channel = pushChannel(context.space);
  const watched = await waker.watch([channel]).catch(() => false);
  // The first to subscribe does not know what was told before.
  if (watched && waker.count(channel) !== seen) return;
  await waker.wait([channel], Date.now() + (watched ? timeoutMs : Math.min(timeoutMs, unheardMs)), signal);
}
