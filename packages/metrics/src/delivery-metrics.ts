import { type ErrorCode, errorTable } from "@tidegate/contracts";
import type { Meter, SettleResult } from "@tidegate/core";
import type { Registry } from "prom-client";
import { ByPlace, type Children } from "./by-place.ts";
import { type DurationCell, Durations } from "./durations.ts";
import type { LabelLimit, PlaceLabels } from "./label-limit.ts";
import { groupLabels, latencyBuckets, messagingSystem, topicLabels } from "./messaging.ts";
import { type Cell, Tally } from "./tally.ts";

interface OfTopic extends Children {
  readonly sent: Cell;
  readonly bytes: Cell;
  /** What was refused with this code. */
  refused(code: ErrorCode): Cell;
  /** What came to the gate; null: was admitted. */
  gate(code: ErrorCode | null): Cell;
}

interface OfGroup extends Children {
  readonly received: Cell;
  readonly repeated: Cell;
  readonly acked: Cell;
  readonly retried: Cell;
  readonly released: Cell;
  readonly deadLettered: Cell;
  readonly latency: DurationCell;
}

const outcomes = {
  acked: "acknowledged",
  retried: "retried",
  released: "released",
  deadLettered: "dead_lettered",
} as const satisfies Record<keyof SettleResult, string>;

/** Counts what an engine does with messages. */
export function deliveryMetrics(registry: Registry, limit: LabelLimit): Required<Omit<Meter, "called">> {
  const topics = new ByPlace(limit, topicChildren(registry));
  const groups = new ByPlace(limit, groupChildren(registry));
  return {
    appended(topic, messages, bytes, gate) {
      const of = topics.of(topic);
      of.sent.add(messages);
      of.bytes.add(bytes);
      if (gate !== null) of.gate(null).add(messages);
    },
    refused(topic, code, messages, gate) {
      const of = topics.of(topic);
      of.refused(code).add(messages);
      // What Redis or this server could not do is none of the gate's doing.
      if (gate !== null && errorTable[code].status < 500) of.gate(code).add(messages);
    },
    delivered(topic, group, messages, repeats) {
      const of = groups.of(topic, group);
      of.received.add(messages);
      of.repeated.add(repeats);
    },
    latency(topic, group, ms) {
      groups.of(topic, group).latency.observe(ms / 1_000);
    },
    settled(topic, group, { acked, retried, released, deadLettered }) {
      const of = groups.of(topic, group);
      of.acked.add(acked);
      of.retried.add(retried);
      of.released.add(released);
      of.deadLettered.add(deadLettered);
    },
  };
}

function topicChildren(registry: Registry): (labels: PlaceLabels) => OfTopic {
  const sent = new Tally(
    registry,
    "messaging_client_sent_messages_total",
    "Messages that this process appended, or, with error_type, that were refused, by code.",
    ["messaging_system", "messaging_operation_name", ...topicLabels, "error_type"],
  );
  const bytes = new Tally(
    registry,
    "tidegate_published_bytes_total",
    "Bytes of the batches that this process appended.",
    topicLabels,
  );
  const gate = new Tally(
    registry,
    "tidegate_gate_messages_total",
    "Messages that came to the topic's gate, by what it said: admitted, or the code of the refusal.",
    [...topicLabels, "outcome"],
  );
  return (labels) => {
    const common = { messaging_system: messagingSystem, messaging_operation_name: "publish", ...labels };
    const cells = { sent: sent.cell(common), bytes: bytes.cell({ ...labels }) };
    const byCode = new Map<ErrorCode, Cell>();
    const atGate = new Map<ErrorCode | null, Cell>();
    return {
      ...cells,
      refused: (code) => getOrMake(byCode, code, () => sent.cell({ ...common, error_type: code })),
      gate: (code) => getOrMake(atGate, code, () => gate.cell({ ...labels, outcome: code ?? "admitted" })),
      remove() {
        for (const cell of [...Object.values(cells), ...byCode.values(), ...atGate.values()]) cell.remove();
      },
    };
  };
}

function groupChildren(registry: Registry): (labels: PlaceLabels) => OfGroup {
  const received = new Tally(
    registry,
    "messaging_client_consumed_messages_total",
    "Messages that this process leased for consumers.",
    ["messaging_system", "messaging_operation_name", ...groupLabels],
  );
  const repeated = new Tally(
    registry,
    "tidegate_redelivered_messages_total",
    "Those of them that had been delivered before.",
    groupLabels,
  );
  const settled = new Tally(
    registry,
    "tidegate_settled_messages_total",
    "Messages of leases that this process settled: acknowledged, retried, released, dead_lettered.",
    [...groupLabels, "outcome"],
  );
  const latency = new Durations(
    registry,
    "tidegate_delivery_latency_seconds",
    "From a message's timestamp to when it was read for its consumer, one sample a lease.",
    latencyBuckets,
  );
  return (labels) => {
    const own = { ...labels };
    const settledAs = (outcome: keyof typeof outcomes) =>
      settled.cell({ ...own, outcome: outcomes[outcome] });
    const cells = {
      received: received.cell({
        messaging_system: messagingSystem,
        messaging_operation_name: "receive",
        ...own,
      }),
      repeated: repeated.cell(own),
      acked: settledAs("acked"),
      retried: settledAs("retried"),
      released: settledAs("released"),
      deadLettered: settledAs("deadLettered"),
      latency: latency.cell(own),
    };
    return {
      ...cells,
      remove() {
        for (const cell of Object.values(cells)) cell.remove();
      },
    };
  };
}

function getOrMake<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
