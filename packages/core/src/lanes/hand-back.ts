import { TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { groupCall } from "../groups/group-call.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { closeLanes, readLeftovers, returnMessages } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { buryExhausted } from "./bury-lanes.ts";
import type { LaneLoader } from "./lane-loader.ts";
import { lanesPartitionCall } from "./lanes-call.ts";

/** While leases are held it is worth a look again after so long. */
const lookAgainMs = 200;
const segmentsAPiece = 1000;

/** What handing a partition back came to. */
export interface HandedBack {
  /** Whether the lanes are closing, and had something of the partition. */
  readonly closing: boolean;
  /** Whether the partition is not on these lanes any more. */
  readonly done: boolean;
  readonly now: number;
  /** When to look again, by Redis's clock. */
  readonly nextLookAt: number;
}

/** A run of messages that go back together. */
interface Retry {
  readonly due: number;
  readonly piece: number;
  readonly segments: number[];
}

/**
 * Hands a partition back that lanes which are closing have: once no lease of it is held, what has not ended goes back as
 * retries, with its attempts and due times, and what was never handed out at the end of it goes behind the cursor. Pieces
 * are counted under the closing's token, so whoever dies in between, or does it a second time, hands nothing back twice.
 */
export async function handBack(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  laneLoader: LaneLoader,
): Promise<HandedBack> {
  const { keys, args } = lanesPartitionCall(context, topic, group, partition);
  for (;;) {
    const reply = await run(context, readLeftovers, keys, { ...args, partition }).then(
      (leftovers) => leftovers as Leftovers,
      (error) => {
        if (error instanceof TidegateError && error.code === "GROUP_NOT_FOUND") return null;
        throw error;
      },
    );
    if (reply === null) return leaveAtOnce(context, topic, group, partition, "lost");
    const [nowText, found, deadline, awaiting, token, era, filed] = reply;
    const now = Number(nowText);
    const nextLookAt = now + lookAgainMs;
    if (found === 0) return { closing: false, done: false, now, nextLookAt };
    if (found === 2) return leaveAtOnce(context, topic, group, partition, "");
    if (awaiting === 1) {
      await buryExhausted(context, topic, group, laneLoader);
      continue;
    }
    if (deadline.length > 0)
      return { closing: true, done: false, now, nextLookAt: Math.min(nextLookAt, Number(deadline)) };
    const [, , , , , , , base, done, late, attempts, retries, acked, deadLettered, expired] = reply;
    const unended = unendedOf(base, filed, done, late.map(Number));
    const tried = attemptsOf(attempts);
    const next = firstNeverHandedOut(unended, filed, tried);
    const dueAt = dueTimesOf(retries);
    const pieces = piecesOf(
      unended.filter((offset) => offset < next),
      (offset) => ({ due: dueAt.get(offset) ?? now, ...(tried.get(offset) ?? { count: 0, piece: 0 }) }),
    );
    const call = groupCall(context, topic, group, partition);
    let left = false;
    for (const [index, piece] of pieces.entries()) {
      const values = { ...call.args, era, token, piece: index, next: "", acked, deadLettered, expired };
      if (index === pieces.length - 1) values.next = String(next);
      left = (await run(context, returnMessages, call.keys, values, { args: piece })) === 1;
    }
    // When it was done before, up to the last piece: that one again changes nothing.
    if (!left) return { closing: true, done: false, now, nextLookAt };
    await run(context, closeLanes, keys, { ...args, partition, era });
    return { closing: true, done: true, now, nextLookAt: now };
  }
}

/** Ends a partition's time on lanes that have nothing of it: none that it had, or nothing any more. */
async function leaveAtOnce(
  context: Context,
  topic: Topic,
  group: Group,
  partition: number,
  era: "" | "lost",
): Promise<HandedBack> {
  const { keys, args } = groupCall(context, topic, group, partition);
  const none = { token: "", piece: 0, next: "", acked: 0, deadLettered: 0, expired: 0 };
  const left = (await run(context, returnMessages, keys, { ...args, era, ...none })) === 1;
  if (left && era === "") await openLanesAgain(context, topic, group);
  const now = context.now();
  return { closing: true, done: left, now, nextLookAt: now + lookAgainMs };
}

/** Opens lanes that are closing and have nothing any more. @throws GROUP_NOT_FOUND */
export async function openLanesAgain(context: Context, topic: Topic, group: Group): Promise<void> {
  const { keys, args } = lanesPartitionCall(context, topic, group, 0);
  await run(context, closeLanes, keys, { ...args, partition: 0, era: 0 });
}

type Leftovers = [
  Buffer,
  number,
  Buffer,
  number,
  number,
  number,
  number,
  number,
  Buffer,
  Buffer[],
  Buffer[],
  Buffer[],
  number,
  number,
  number,
];

function unendedOf(base: number, filed: number, done: Buffer, late: readonly number[]): number[] {
  const unended = [...late];
  for (let offset = base; offset < filed; offset += 1) {
    const bit = offset - base;
    if (((done[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) unended.push(offset);
  }
  return unended;
}

/** How often a message was delivered, and how many are to be handed out together (0 for any). */
interface Tried {
  readonly count: number;
  readonly piece: number;
}

/** By offset; what ran out unreported is kept as -(1,000 x attempts + piece). */
function attemptsOf(list: readonly Buffer[]): Map<number, Tried> {
  const attempts = new Map<number, Tried>();
  for (let index = 0; index < list.length; index += 2) {
    const value = Number(list[index + 1]);
    const tried =
      value < 0 ? { count: Math.floor(-value / 1000), piece: -value % 1000 } : { count: value, piece: 0 };
    attempts.set(list[index]!.readUIntBE(2, 6), tried);
  }
  return attempts;
}

function dueTimesOf(list: readonly Buffer[]): Map<number, number> {
  const times = new Map<number, number>();
  for (let index = 0; index < list.length; index += 2)
    times.set(list[index + 1]!.readUIntBE(16, 6), Number(list[index]));
  return times;
}

/** Where the unbroken end of messages begins that nobody was ever given. */
function firstNeverHandedOut(
  unended: readonly number[],
  filed: number,
  attempts: ReadonlyMap<number, Tried>,
): number {
  let next = filed;
  for (let index = unended.length - 1; index >= 0; index -= 1) {
    if (unended[index] !== next - 1 || attempts.has(next - 1)) break;
    next -= 1;
  }
  return next;
}

/** The arguments of each call; at least one, which ends the partition's time on lanes. */
function piecesOf(
  offsets: readonly number[],
  of: (offset: number) => Tried & { readonly due: number },
): ScriptArgument[][] {
  const pieces: ScriptArgument[][] = [];
  for (let from = 0; from === 0 || from < offsets.length; from += segmentsAPiece) {
    const retries = new Map<string, Retry>();
    for (const offset of offsets.slice(from, from + segmentsAPiece)) {
      const { due, count, piece } = of(offset);
      const kind = `${due} ${piece}`;
      let retry = retries.get(kind);
      if (retry === undefined) {
        retry = { due, piece, segments: [] };
        retries.set(kind, retry);
      }
      const { segments } = retry;
      const size = segments.length;
      if (size > 0 && segments[size - 2] === offset - 1 && segments[size - 1] === count)
        segments[size - 2] = offset;
      else segments.push(offset, offset, count);
    }
    pieces.push(
      [...retries.values()].flatMap(({ due, piece, segments }) => [
        Math.ceil(due),
        piece,
        segments.length / 3,
        ...segments,
      ]),
    );
  }
  return pieces;
}
