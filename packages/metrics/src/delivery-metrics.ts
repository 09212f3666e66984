import type { ErrorCode } from "@tidegate/contracts";
import type { Meter } from "@tidegate/core";
import { Counter, Histogram, type Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { groupLabels, latencyBuckets, messagingSystem, topicLabels } from "./messaging.ts";

interface OfTopic extends Children {
  sent(messages: number): void;
  bytes(bytes: number): void;
  refused(code: ErrorCode, messages: number): void;
  gate(outcome: string, messages: number): void;
}

interface OfGroup extends Children {
  received(messages: number): void;
  repeated(messages: number): void;
  waited(seconds: number): void;
  acknowledged(messages: number): void;
  retried(messages: number): void;
  released(messages: number): void;
  deadLettered(messages: number): void;
}

const settledOutcomes = ["acknowledged", "retried", "released", "dead_lettered"] as const;
/** What a gate lets through; what it does not has the code of its refusal. */
const admitted = "admitted";

/** Counts what an engine does with messages. */
export function deliveryMetrics(registry: Registry, limit: LabelLimit): Required<Omit<Meter, "called">> {
  const topics = new ByPlace(limit, topicChildren(registry));
  const groups = new ByPlace(limit, groupChildren(registry));
  return {
    appended(topic, messages, bytes, gate) {
      const of = topics.of(topic);
      of.sent(messages);
      of.bytes(bytes);
      if (gate !== null) of.gate(admitted, messages);
    },
    refused(topic, code, messages, gate) {
      const of = topics.of(topic);
      of.refused(code, messages);
      if (gate !== null) of.gate(code, messages);
    },
    delivered(topic, group, messages, repeats) {
      const of = groups.of(topic, group);
      of.received(messages);
      if (repeats > 0) of.repeated(repeats);
    },
    latency(topic, group, ms) {
      // By two clocks, of which the publisher's may be ahead.
      groups.of(topic, group).waited(Math.max(0, ms) / 1_000);
    },
    settled(topic, group, { acked, retried, released, deadLettered }) {
      const of = groups.of(topic, group);
      if (acked > 0) of.acknowledged(acked);
      if (retried > 0) of.retried(retried);
      if (released > 0) of.released(released);
      if (deadLettered > 0) of.deadLettered(deadLettered);
    },
  };
}

function topicChildren(registry: Registry): (labels: PlaceLabels) => OfTopic {
  const registers = [registry];
  const sent = new Counter({
    name: "messaging_client_sent_messages_total",
    help: "Messages that this process appended, or, with error_type, that were refused, by code.",
    labelNames: ["messaging_system", "messaging_operation_name", ...topicLabels, "error_type"],
    registers,
  });
  const bytes = new Counter({
    name: "tidegate_published_bytes_total",
    help: "Bytes of the batches that this process appended.",
    labelNames: topicLabels,
    registers,
  });
  const gate = new Counter({
    name: "tidegate_gate_messages_total",
    help: "Messages that came to the topic's gate, by what it said: admitted, or the code of the refusal.",
    labelNames: [...topicLabels, "outcome"],
    registers,
  });
  return (labels) => {
    const common = {
      messaging_system: messagingSystem,
      messaging_operation_name: "publish",
      ...labels,
    };
    const ofSent = sent.labels(common);
    const ofBytes = bytes.labels(labels.messaging_destination_name);
    ofSent.inc(0);
    const codes = new Set<string>();
    const outcomes = new Set<string>();
    return {
      sent: (messages) => ofSent.inc(messages),
      bytes: (size) => ofBytes.inc(size),
      refused(code, messages) {
        codes.add(code);
        sent.inc({ ...common, error_type: code }, messages);
      },
      gate(outcome, messages) {
        outcomes.add(outcome);
        gate.inc({ ...labels, outcome }, messages);
      },
      remove() {
        sent.remove(common);
        bytes.remove(labels.messaging_destination_name);
        for (const error_type of codes) sent.remove({ ...common, error_type });
        for (const outcome of outcomes) gate.remove({ ...labels, outcome });
      },
    };
  };
}

function groupChildren(registry: Registry): (labels: PlaceLabels) => OfGroup {
  const registers = [registry];
  const received = new Counter({
    name: "messaging_client_consumed_messages_total",
    help: "Messages that this process leased for consumers.",
    labelNames: ["messaging_system", "messaging_operation_name", ...groupLabels],
    registers,
  });
  const repeated = new Counter({
    name: "tidegate_redelivered_messages_total",
    help: "Those of them that had been delivered before.",
    labelNames: groupLabels,
    registers,
  });
  const settled = new Counter({
    name: "tidegate_settled_messages_total",
    help: "Messages of leases that this process settled, by outcome.",
    labelNames: [...groupLabels, "outcome"],
    registers,
  });
  const latency = new Histogram({
    name: "tidegate_delivery_latency_seconds",
    help: "From a message's timestamp to when it was read for its consumer, one sample a lease.",
    labelNames: groupLabels,
    buckets: latencyBuckets,
    registers,
  });
  return (labels) => {
    const common = {
      messaging_system: messagingSystem,
      messaging_operation_name: "receive",
      ...labels,
    };
    const ofReceived = received.labels(common);
    const ofRepeated = repeated.labels(labels);
    const [acknowledged, retried, released, deadLettered] = settledOutcomes.map((outcome) => {
      const child = settled.labels({ ...labels, outcome });
      // From the beginning: the increase of what appears later is not seen.
      child.inc(0);
      return (messages: number) => child.inc(messages);
    });
    ofReceived.inc(0);
    ofRepeated.inc(0);
    const ofLatency = latency.labels(labels);
    return {
      received: (messages) => ofReceived.inc(messages),
      repeated: (messages) => ofRepeated.inc(messages),
      waited: (seconds) => ofLatency.observe(seconds),
      acknowledged: acknowledged!,
      retried: retried!,
      released: released!,
      deadLettered: deadLettered!,
      remove() {
        received.remove(common);
        repeated.remove(labels);
        for (const outcome of settledOutcomes) settled.remove({ ...labels, outcome });
        latency.remove(labels);
      },
    };
  };
}
