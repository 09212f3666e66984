import { TidegateError } from "@tidegate/contracts";
import { type Context, run, send } from "../context.ts";
import { gateKeys, partitionKeys } from "../keys.ts";
import { describePartition } from "../redis/scripts.gen.ts";
import { addressOf, keysOf } from "./partition-fields.ts";
import type { Topic } from "./topic.ts";

/** Where a partition stands. */
export interface PartitionState {
  readonly partition: number;
  /** Offset of the first message that the log still has. */
  readonly start: number;
  /** Offset that the next message will get. */
  readonly end: number;
  readonly messages: number;
  /** Bytes of the record batches in the log. */
  readonly bytes: number;
  readonly delayed: number;
}

/** Where a gate stands. */
export interface GateState {
  readonly id: string;
  /** Units admitted and not credited. */
  readonly admitted: number;
  readonly credited: number;
  readonly refused: number;
  /** Units of stock left; null for a gate without stock. */
  readonly remaining: number | null;
  /** Messages that wait, as the capacity counts them; null for a gate without capacity. */
  readonly backlog: number | null;
}

/** A topic, its partitions and its gate. */
export interface TopicDescription extends Topic {
  readonly partitionStates: readonly PartitionState[];
  readonly gateState: GateState | null;
}

/** A topic with the state of each partition and of its gate. @throws TOPIC_NOT_FOUND */
export async function describeTopic(context: Context, topic: Topic): Promise<TopicDescription> {
  const logs = await Promise.all(
    Array.from({ length: topic.partitions }, (_, partition) =>
      describeLog(context, topic, partition, keysOf(context.space, topic, partition).meta),
    ),
  );
  const backlog = logs.reduce((sum, log) => sum + log.backlog, 0);
  return {
    ...topic,
    partitionStates: logs.map(({ state }) => state),
    gateState: await readGate(context, topic, backlog),
  };
}

/** A group's dead letters as a topic. A partition in which nothing was given up has no dead-letter log yet. */
export async function describeDeadLetters(
  context: Context,
  topic: Topic,
  name: string,
  group: string,
): Promise<TopicDescription> {
  const states = Array.from({ length: topic.partitions }, async (_, partition) => {
    const address = { ...addressOf(topic, partition), deadLettersOf: group };
    try {
      return (await describeLog(context, topic, partition, partitionKeys(context.space, address).meta)).state;
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === "TOPIC_NOT_FOUND")) throw error;
      return { partition, start: 0, end: 0, messages: 0, bytes: 0, delayed: 0 };
    }
  });
  return { ...topic, name, gate: null, partitionStates: await Promise.all(states), gateState: null };
}

async function describeLog(
  context: Context,
  topic: Topic,
  partition: number,
  meta: string,
): Promise<{ state: PartitionState; backlog: number }> {
  const reply = await run(context, describePartition, { meta }, { topicId: topic.topicId });
  const [start, end, bytes, delayed, floor] = reply as [number, number, number, number, Buffer];
  return {
    state: { partition, start, end, messages: end - start, bytes, delayed },
    backlog: end + delayed - Math.max(Number(floor), start),
  };
}

/** Where a topic's gate stands; null where it has none. */
export async function readGate(
  context: Context,
  { name, placement, gate }: Topic,
  waiting: number,
): Promise<GateState | null> {
  if (gate === null) return null;
  const key = gateKeys(context.space, name, placement, gate.id).gate;
  const counters = await send(context, "HMGET", key, "admitted", "credited", "refused");
  const [admitted, credited, refused] = (counters as (Buffer | null)[]).map((value) => Number(value ?? 0));
  const remaining = gate.stock === null ? null : Math.max(0, gate.stock - admitted!);
  const backlog = gate.capacity === null ? null : waiting;
  return { id: gate.id, admitted: admitted!, credited: credited!, refused: refused!, remaining, backlog };
}
