import { defaults, limits, TidegateError } from "@tidegate/contracts";
import { requireInteger } from "../require.ts";
import type { AcquireOptions, Acquisition } from "./acquire.ts";
import { type DeliveredMessage, type Lease, newLeaseId, type RangeLease } from "./lease.ts";
import type { Look } from "./look.ts";
import { skippedOffsets } from "./skip.ts";

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

/** What opening a lease needs of its group. */
export interface OpenPort {
  load(lease: RangeLease): Promise<DeliveredMessage[]>;
  release(leaseId: string, offsets: readonly number[], all: boolean): Promise<void>;
  acknowledge(leaseId: string, offsets: readonly number[], all: boolean): Promise<void>;
  readonly groupName: string;
  /** Whether an acknowledgement counts only at the front of a lease. */
  readonly ordered: boolean;
}

/** What receiving needs of a group in a topic. */
export interface ReceivePort extends OpenPort {
  readonly partitions: number;
  /** Where to look first, so that consumers spread. */
  readonly firstPartition: number;
  look(partition: number, wake: boolean): Promise<Look>;
  acquire(partition: number, options: AcquireOptions): Promise<Acquisition>;
  wait: Wait;
}

/** Waits until something is due, something is heard or time is over. */
export type Wait = (
  untilAt: number | null,
  timeoutMs: number,
  signal: AbortSignal | undefined,
) => Promise<void>;

/** Options whose bounds are checked and said. */
export type BoundedOptions = ReceiveOptions & { readonly maxMessages: number; readonly maxBytes: number };

/** One look at everything; `wake` leaves marks, so that what comes later is heard. */
export type ReceiveRound = (
  options: BoundedOptions,
  wake: boolean,
) => Promise<Received & { nextDueAt: number | null }>;

/** Leases what partitions have until the bounds are reached; waits for the first message when there is none. */
export function receive(port: ReceivePort, options: ReceiveOptions): Promise<Received> {
  return receiveInRounds((bounded, wake) => receiveRound(port, bounded, wake), port.wait, options);
}

/** Looks until there is something, the time is over or the signal fires. @throws INVALID */
export async function receiveInRounds(
  look: ReceiveRound,
  wait: Wait,
  options: ReceiveOptions,
): Promise<Received> {
  const maxMessages = requireInteger(
    "maxMessages",
    options.maxMessages ?? defaults.receiveMessages,
    1,
    limits.receiveMessages,
  );
  const maxBytes = requireInteger(
    "maxBytes",
    options.maxBytes ?? defaults.receiveBytes,
    1,
    limits.receiveBytes,
  );
  const waitMs = requireInteger("waitMs", options.waitMs ?? defaults.receiveWaitMs, 0, limits.receiveWaitMs);
  requireConsumer(options.consumer);
  const giveUpAt = Date.now() + waitMs;
  for (;;) {
    const round = await look({ ...options, maxMessages, maxBytes }, waitMs > 0);
    const left = giveUpAt - Date.now();
    if (round.leases.length > 0 || left <= 0 || options.signal?.aborted) return round;
    await wait(round.nextDueAt, left, options.signal);
    if (options.signal?.aborted) return round;
  }
}

/** Looks at all partitions in one round trip, then acquires where there is something. */
async function receiveRound(
  port: ReceivePort,
  options: BoundedOptions,
  wake: boolean,
): Promise<Received & { nextDueAt: number | null }> {
  const order = Array.from(
    { length: port.partitions },
    (_, step) => (port.firstPartition + step) % port.partitions,
  );
  const looks = await Promise.all(order.map((partition) => port.look(partition, wake)));
  const leases: Lease[] = [];
  const left = { messages: options.maxMessages, bytes: options.maxBytes };
  for (const [index, partition] of order.entries()) {
    if (looks[index]!.found) await takeFrom(port, partition, options, wake, left, leases);
    if (left.messages <= 0 || left.bytes <= 0) break;
  }
  const dues = looks.flatMap(({ nextDueAt, paused }) => (nextDueAt === null || paused ? [] : [nextDueAt]));
  return {
    leases,
    paused: leases.length === 0 && looks.some(({ paused }) => paused),
    nextDueAt: dues.length === 0 ? null : Math.min(...dues),
  };
}

/** Leases of one partition until it has no more, or the bounds are reached. */
async function takeFrom(
  port: ReceivePort,
  partition: number,
  options: ReceiveOptions,
  wake: boolean,
  left: { messages: number; bytes: number },
  leases: Lease[],
): Promise<void> {
  while (left.messages > 0 && left.bytes > 0) {
    const { lease } = await port.acquire(partition, {
      leaseId: newLeaseId(partition),
      maxMessages: left.messages,
      maxBytes: left.bytes,
      leaseMs: options.leaseMs,
      consumer: options.consumer,
      wake: wake && leases.length === 0,
    });
    if (lease === null) return;
    const { messages, bytes, full } = await openLease(port, lease, left.bytes, leases.length === 0);
    if (full) left.bytes = 0;
    if (messages.length === 0) continue;
    leases.push({ id: lease.id, partition, deadline: lease.deadline, messages });
    left.messages -= messages.length;
    left.bytes -= bytes;
  }
}

/**
 * The messages of a lease that its consumer is given. Those for another group alone are acknowledged unseen; those over
 * the bound in bytes go back as if never handed out; what retention took away is acknowledged, since nothing is left.
 */
export async function openLease(
  port: OpenPort,
  lease: RangeLease,
  maxBytes: number,
  atLeastOne: boolean,
): Promise<{ messages: DeliveredMessage[]; bytes: number; full: boolean }> {
  const loaded = await port.load(lease);
  const skipped = skippedOffsets(loaded, port.groupName);
  const wanted = skipped.length === 0 ? loaded : loaded.filter(({ offset }) => !skipped.includes(offset));
  if (wanted.length === 0) {
    await port.acknowledge(lease.id, skipped, true);
    return { messages: [], bytes: 0, full: false };
  }
  // In an ordered group those in the middle wait for the lease at whose front they will be, and what follows with them.
  const first = wanted[0]!.offset;
  const passed = port.ordered ? skipped.filter((offset) => offset < first) : skipped;
  const end = skipped.find((offset) => !passed.includes(offset)) ?? Number.POSITIVE_INFINITY;
  if (passed.length > 0) await port.acknowledge(lease.id, passed, false);
  let bytes = 0;
  let count = 0;
  let full = false;
  for (const { offset, key, value } of wanted) {
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    full = (count > 0 || !atLeastOne) && bytes + size > maxBytes;
    if (full || offset > end) break;
    bytes += size;
    count += 1;
  }
  const from = Math.min(end, wanted[count]?.offset ?? end);
  const over = loaded
    .map(({ offset }) => offset)
    .filter((offset) => offset >= from && !passed.includes(offset));
  if (over.length > 0) await port.release(lease.id, over, count === 0);
  return { messages: wanted.slice(0, count), bytes, full };
}

function requireConsumer(consumer: string | undefined): void {
  if (consumer === undefined || consumer.length <= limits.consumerLength) return;
  throw new TidegateError("INVALID", `consumer has at most ${limits.consumerLength} characters`, {
    field: "consumer",
    limit: limits.consumerLength,
  });
}
