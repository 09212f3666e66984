import { type KeySpace, type PartitionAddress, type PartitionKeys, partitionKeys } from "../keys.ts";
import type { Topic } from "./topic.ts";

const mebibyte = 1024 * 1024;

/** Names the keys of a topic's partition. */
export function keysOf(space: KeySpace, topic: Topic, partition: number): PartitionKeys {
  return partitionKeys(space, addressOf(topic, partition));
}

/** Where a topic's partition lies. */
export function addressOf(topic: Topic, partition: number): PartitionAddress {
  return { topic: topic.name, partition, placement: topic.placement };
}

/**
 * A partition's copy of its topic's settings, as pairs of field and value. Each partition keeps an equal part of the
 * topic's bytes. Marks are finer where retention is small, so that it can be kept to about a sixteenth of its limit.
 */
export function partitionFields(topic: Topic): (string | number)[] {
  const { ms, bytes, policy, idleMs } = topic.retention;
  const partitionBytes = bytes === null ? null : Math.max(1, Math.ceil(bytes / topic.partitions));
  const markEveryMs = ms === null ? 1000 : clamp(Math.floor(ms / 16), 1, 1000);
  const markEveryBytes =
    partitionBytes === null ? mebibyte : clamp(Math.floor(partitionBytes / 16), 1, mebibyte);
  const gate = topic.gate;
  return Object.entries({
    policy,
    retentionMs: ms ?? "",
    retentionBytes: partitionBytes ?? "",
    idleMs,
    markEveryMs,
    markEveryBytes,
    gateStock: gate?.stock ?? "",
    gateKeyLimit: gate?.perKey?.limit ?? "",
    gateKeyWindowMs: gate?.perKey?.windowMs ?? "",
    gateCapacity: gate?.capacity ?? "",
  }).flat();
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
