import {
  type AdmissionResponse,
  type HeartbeatResponse,
  type LineView,
  placeOf,
  TidegateError,
} from "@tidegate/contracts";
import { pause } from "./backoff.ts";
import type { CallOptions } from "./http.ts";

export interface TurnOptions extends CallOptions {
  /** Told after each poll; the place is null before the start. */
  onView?: (view: LineView, place: number | null) => void;
  /** The longest time between two polls, in ms. Default 10,000; near the head it is a second. */
  pollMs?: number;
}

/** What waiting asks of a line. */
export interface AskableLine {
  get(options?: CallOptions): Promise<LineView>;
  admission(visitor: string, options?: CallOptions): Promise<AdmissionResponse>;
  heartbeat(visitor: string, options?: CallOptions): Promise<HeartbeatResponse>;
}

/** How long a cache keeps a poll: asking sooner tells nothing new. */
const freshMs = 1_000;

/** Waits until the visitor's place was called, and gets its admission. */
export async function waitForTurn(
  line: AskableLine,
  { visitor, number }: { visitor: string; number: number },
  { onView, pollMs = 10_000, ...options }: TurnOptions,
): Promise<AdmissionResponse> {
  let heardAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    let waitMs = freshMs;
    try {
      const view = await line.get(options);
      const place = placeOf(number, view);
      onView?.(view, place);
      if (place !== null && place < view.serving) return await line.admission(visitor, options);
      if (view.state === "ended") throw new TidegateError("SOLD_OUT");
      if (place !== null && place < view.head && Date.now() - heardAt >= view.heartbeatMs) {
        await line.heartbeat(visitor, options);
        heardAt = Date.now();
      }
      waitMs = pauseBeforePoll(view, place, pollMs);
    } catch (error) {
      if (!(error instanceof TidegateError && error.retryable)) throw error;
      waitMs = Math.min(pollMs, Math.max(freshMs, error.details.retryAfterMs ?? 0));
    }
    await pause(waitMs, options.signal);
  }
}

/**
 * Longer where little can happen: a tenth of the time that is left, by how fast the line moves. By chance up to a half
 * longer, so that the many do not come at once; at the start, within its first second.
 */
function pauseBeforePoll(view: LineView, place: number | null, pollMs: number): number {
  const spread = 1 + Math.random() / 2;
  if (place === null) {
    const untilStartMs = Math.max(0, view.startsAt - view.at) + Math.random() * freshMs;
    return Math.max(freshMs / 2, Math.min(untilStartMs, pollMs * spread));
  }
  const longest = Math.min(pollMs, view.heartbeatMs / 2);
  const rate = view.ratePerSecond ?? 0;
  const leftMs = rate > 0 ? ((place - view.serving) * 1000) / rate : longest * 10;
  return Math.min(longest, Math.max(freshMs, (leftMs / 10) * spread));
}
