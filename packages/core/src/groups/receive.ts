import { defaults, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";
import { type Bounds, requireBounds } from "./bounds.ts";
import type { Lease } from "./lease.ts";

/** What a pulling consumer asks for. */
export interface ReceiveOptions {
  /** 1 to 1,000; default 100. */
  readonly maxMessages?: number | undefined;
  /** Bytes of keys and values; one message is given whatever its size. Default 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** How long to wait for a message, 0 to 30,000; default 0. */
  readonly waitMs?: number | undefined;
  /** 100 ms to 12 h; default: the group's. */
  readonly leaseMs?: number | undefined;
  readonly consumer?: string | undefined;
  /** Ends the waiting; leases that were taken are released. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a group that does not exist is made. Default true. */
  readonly create?: boolean | undefined;
}

/** What a pulling consumer gets; empty when there was nothing all the time, or the group was paused. */
export interface Received {
  readonly leases: Lease[];
  readonly paused: boolean;
}

/** Waits until something is due, something is heard or time is over. */
export type Wait = (
  untilAt: number | null,
  timeoutMs: number,
  signal: AbortSignal | undefined,
) => Promise<void>;

/** Options whose bounds are checked and said. */
export type BoundedOptions = ReceiveOptions & Bounds;

/** One look at everything; `wake` leaves marks, so that what comes later is heard. */
export type ReceiveRound = (
  options: BoundedOptions,
  wake: boolean,
) => Promise<Received & { nextDueAt: number | null }>;

/** Looks until there is something, the time is over or the signal fires. @throws INVALID */
export async function receiveInRounds(
  look: ReceiveRound,
  wait: Wait,
  options: ReceiveOptions,
): Promise<Received> {
  const bounds = requireBounds({
    maxMessages: options.maxMessages ?? defaults.receiveMessages,
    maxBytes: options.maxBytes,
  });
  const waitMs = requireInteger("waitMs", options.waitMs ?? defaults.receiveWaitMs, 0, limits.receiveWaitMs);
  requireConsumer(options.consumer);
  const giveUpAt = Date.now() + waitMs;
  for (;;) {
    const round = await look({ ...options, ...bounds }, waitMs > 0);
    const left = giveUpAt - Date.now();
    if (round.leases.length > 0 || left <= 0 || options.signal?.aborted) return round;
    await wait(round.nextDueAt, left, options.signal);
    if (options.signal?.aborted) return round;
  }
}

function requireConsumer(consumer: string | undefined): void {
  if (consumer === undefined || consumer.length <= limits.consumerLength) return;
  throw new TidegateError("INVALID", `consumer has at most ${limits.consumerLength} characters`, {
    field: "consumer",
    limit: limits.consumerLength,
  });
}
