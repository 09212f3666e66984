import { type Context, run } from "../context.ts";
import type { Group } from "../groups/group.ts";
import { endedKeys } from "../keys.ts";
import { lanesCall } from "../lanes/lanes-call.ts";
import { inspectLanes } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";

/** Lanes in a partition as an audit sees them. */
export interface AuditedLanePartition {
  readonly partition: number;
  readonly generation: number;
  readonly filed: number;
  readonly base: number;
  readonly committed: number;
  readonly parked: number;
  readonly inFlight: number;
  readonly retrying: number;
  /** A bit for each message from the base on. */
  readonly done: Buffer;
  readonly late: readonly number[];
}

/** A message in a lane. */
export interface AuditedMember {
  readonly lane: string;
  readonly partition: number;
  readonly offset: number;
  readonly generation: number;
  /** Text of one byte a character. */
  readonly place: string;
}

/** Everything that the lanes of a group are. */
export interface AuditedLanes {
  readonly inFlight: number;
  readonly parked: number;
  /** What the lanes as they are go by. */
  readonly scheme: string;
  readonly partitions: readonly AuditedLanePartition[];
  readonly queue: readonly AuditedMember[];
  readonly turns: ReadonlySet<string>;
  readonly lanes: ReadonlyMap<string, { readonly inFlight: number; readonly waiting: boolean }>;
  readonly leases: readonly {
    readonly id: string;
    readonly due: number;
    readonly items: readonly AuditedMember[];
  }[];
  /** `l<lease>` or `r<member>` -> when. */
  readonly due: ReadonlyMap<string, number>;
  readonly retries: readonly AuditedMember[];
  readonly attempts: ReadonlyMap<string, number>;
  readonly exhausted: readonly AuditedMember[];
}

const memberBytes = 24;
const itemBytes = 26;

/** Reads the lanes of a group in one script. @throws GROUP_NOT_FOUND */
export async function readLanesState(context: Context, topic: Topic, group: Group): Promise<AuditedLanes> {
  const { keys, args } = lanesCall(context, topic, group);
  const ended = Array.from({ length: topic.partitions }, (_, partition) => {
    const { done, late } = endedKeys(context.space, topic.name, group.name, partition);
    return [done, late];
  });
  const reply = (await run(context, inspectLanes, keys, args, { keys: ended.flat() })) as [
    [number, number, Buffer],
    number[],
    Buffer[],
    Buffer[],
    (Buffer | number)[],
    Buffer[],
    Buffer[],
    Buffer[],
    Buffer[],
    (Buffer | Buffer[])[],
  ];
  const [
    [inFlight, parked, scheme],
    partitions,
    queue,
    turns,
    lanes,
    leases,
    due,
    attempts,
    exhausted,
    bits,
  ] = reply;
  const retries = everySecond(due).filter((name) => name[0] === "r".charCodeAt(0));
  return {
    inFlight,
    parked,
    scheme: scheme.toString(),
    partitions: parsePartitions(partitions, bits),
    queue: queue.map(memberOf),
    turns: new Set(turns.map(latin1)),
    lanes: new Map(
      Array.from({ length: lanes.length / 3 }, (_, index) => [
        latin1(lanes[3 * index] as Buffer),
        { inFlight: lanes[3 * index + 1] as number, waiting: lanes[3 * index + 2] === 1 },
      ]),
    ),
    leases: Array.from({ length: leases.length / 3 }, (_, index) => ({
      id: leases[3 * index]!.toString(),
      due: Number(leases[3 * index + 1]),
      items: itemsOf(leases[3 * index + 2]!),
    })),
    due: pairs(due),
    retries: retries.map((name) => memberOf(name.subarray(1))),
    attempts: pairs(attempts),
    exhausted: exhausted.map(memberOf),
  };
}

function parsePartitions(
  list: readonly number[],
  bits: readonly (Buffer | Buffer[])[],
): AuditedLanePartition[] {
  const parsed: AuditedLanePartition[] = [];
  for (let index = 0; index < list.length; index += 8) {
    const [partition, generation, filed, base, committed, parked, inFlight, retrying] = list.slice(
      index,
      index + 8,
    ) as [number, number, number, number, number, number, number, number];
    const done = (bits[2 * partition] ?? Buffer.alloc(0)) as Buffer;
    const late = ((bits[2 * partition + 1] ?? []) as Buffer[]).map(Number);
    parsed.push({ partition, generation, filed, base, committed, parked, inFlight, retrying, done, late });
  }
  return parsed;
}

function memberOf(member: Buffer): AuditedMember {
  return {
    lane: latin1(member.subarray(0, 8)),
    partition: member.readUInt16BE(14),
    offset: member.readUIntBE(16, 6),
    generation: member.readUInt16BE(22),
    place: latin1(member.subarray(14, memberBytes)),
  };
}

function itemsOf(blob: Buffer): AuditedMember[] {
  return Array.from({ length: blob.length / itemBytes }, (_, index) =>
    memberOf(blob.subarray(index * itemBytes, index * itemBytes + memberBytes)),
  );
}

function pairs(list: readonly Buffer[]): Map<string, number> {
  const map = new Map<string, number>();
  for (let index = 0; index < list.length; index += 2) map.set(latin1(list[index]!), Number(list[index + 1]));
  return map;
}

function everySecond(list: readonly Buffer[]): Buffer[] {
  return list.filter((_, index) => index % 2 === 0);
}

function latin1(bytes: Buffer): string {
  return bytes.toString("latin1");
}
