import type { Context } from "../context.ts";
import { type DeliveredMessage, partitionOfLease, type RangeLease } from "../groups/lease.ts";
import type { Received } from "../groups/receive.ts";
import type { ExtendOptions, SettleResult } from "../groups/settle.ts";
import type { Topic } from "../topics/topic.ts";

/** Notes what is handed out and taken back: for the figures, and for the meter where there is one. */
export class ObservedDelivery {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  received(topic: Topic, group: string, { leases }: Received): void {
    const { meter } = this.#context;
    for (const { partition, messages } of leases) {
      this.#context.touched?.add(topic, partition);
      if (meter === null) continue;
      const repeats = messages.filter(({ attempt }) => attempt > 1).length;
      meter.delivered?.(topic.name, group, messages.length, repeats);
      this.loaded(topic.name, group, messages);
    }
  }

  leased(topic: Topic, group: string, { partition, segments }: RangeLease): void {
    const { meter, touched } = this.#context;
    touched?.add(topic, partition);
    if (meter?.delivered === undefined) return;
    let messages = 0;
    let repeats = 0;
    for (const { first, last, attempt } of segments) {
      messages += last - first + 1;
      if (attempt > 1) repeats += last - first + 1;
    }
    meter.delivered(topic.name, group, messages, repeats);
  }

  loaded(topic: string, group: string, messages: readonly DeliveredMessage[]): void {
    const { meter, now } = this.#context;
    const first = messages[0];
    if (first === undefined || meter?.latency === undefined) return;
    // Timestamps are by publishers' clocks.
    meter.latency(topic, group, Math.max(0, now() - first.timestamp));
  }

  settled(topic: Topic, group: string, leaseId: string, result: SettleResult): void {
    this.#context.touched?.add(topic, partitionOfLease(leaseId));
    this.#context.meter?.settled?.(topic.name, group, result);
  }

  extended(topic: Topic, group: string, leaseId: string, { ack = [], release = [] }: ExtendOptions): void {
    if (ack.length === 0 && release.length === 0) return;
    const result = { acked: ack.length, retried: 0, released: release.length, deadLettered: 0 };
    this.settled(topic, group, leaseId, result);
  }
}
