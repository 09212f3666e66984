import { Engine } from "@tidegate/core";
import { eventually, startRedis, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { Counter, Registry } from "prom-client";
import { expect, inject, onTestFinished, test } from "vitest";
import { createMetrics, type MetricsOptions } from "./create-metrics.ts";

/** An engine that is counted, and the figures that it tells. */
function counted(options: MetricsOptions = {}, url: string = inject("redisUrl")) {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  redis.on("error", () => {});
  const metrics = createMetrics({ process: false, ...options });
  const engine = new Engine({
    redis,
    namespace: testNamespace(),
    callTimeoutMs: 2_000,
    meter: metrics.meter,
  });
  metrics.watchEngine(engine);
  onTestFinished(async () => {
    await engine.stop();
    redis.disconnect();
  });
  /** The series of these families, without their own labels of messaging. */
  const tell = async (...names: string[]): Promise<string[]> => {
    const lines = (await metrics.text()).split("\n");
    const told = lines.filter((line) => names.some((name) => line.startsWith(name)));
    return told.map((line) =>
      line
        .replaceAll(/messaging_system="tidegate",messaging_operation_name="[a-z]+",?/g, "")
        .replace("messaging_destination_name", "topic")
        .replace("messaging_consumer_group_name", "group"),
    );
  };
  return { engine, metrics, tell };
}

const message = { value: Buffer.alloc(100) };
const many = (count: number) => Array.from({ length: count }, () => message);

test("what an engine does is counted, and where its groups stand is told", async () => {
  const { engine, tell, metrics } = counted();
  const sale = { partitions: 1, placement: "together", gate: { id: "sale", stock: 5 } } as const;
  await engine.topics.put("orders", sale);
  await engine.append("orders", many(7));
  const { leases } = await engine.groups.receive("orders", "billing");
  await engine.groups.settle("orders", "billing", leases[0]!.id, {
    ack: [0, 1],
    retry: [{ offset: 2, delayMs: 0 }],
    deadLetter: [{ offset: 3, reason: "no" }],
    release: [4],
  });
  let leased = 1;
  const seen = new Set<number>();
  await eventually("what was released and retried comes again", async () => {
    for (const { messages } of (await engine.groups.receive("orders", "billing")).leases) {
      leased += 1;
      for (const { offset } of messages) seen.add(offset);
    }
    return seen.size === 2;
  });
  expect(await tell("messaging_client_sent", "tidegate_gate")).toEqual([
    'messaging_client_sent_messages_total{topic="orders"} 5',
    'messaging_client_sent_messages_total{topic="orders",error_type="SOLD_OUT"} 2',
    'tidegate_gate_messages_total{topic="orders",outcome="SOLD_OUT"} 2',
    'tidegate_gate_messages_total{topic="orders",outcome="admitted"} 5',
  ]);
  const place = 'topic="orders",group="billing"';
  expect(await tell("messaging_client_consumed", "tidegate_redelivered", "tidegate_settled")).toEqual([
    `messaging_client_consumed_messages_total{${place}} 7`,
    `tidegate_redelivered_messages_total{${place}} 1`,
    `tidegate_settled_messages_total{${place},outcome="acknowledged"} 2`,
    `tidegate_settled_messages_total{${place},outcome="retried"} 1`,
    `tidegate_settled_messages_total{${place},outcome="released"} 1`,
    `tidegate_settled_messages_total{${place},outcome="dead_lettered"} 1`,
  ]);

  expect(await tell("tidegate_delivery_latency_seconds_count")).toEqual([
    `tidegate_delivery_latency_seconds_count{${place}} ${leased}`,
  ]);
  await eventually("the figures have followed", async () => {
    expect(await tell("tidegate_topic_m", "tidegate_topic_end", "tidegate_group_")).toEqual([
      'tidegate_topic_end_offset{topic="orders"} 5',
      'tidegate_topic_messages{topic="orders"} 5',
      `tidegate_group_lag_messages{${place}} 2`,
      `tidegate_group_position{${place}} 3`,
      `tidegate_group_in_flight_messages{${place}} 2`,
      `tidegate_group_retrying_messages{${place}} 0`,
      `tidegate_group_dead_letter_messages{${place}} 1`,
      expect.stringMatching(/^tidegate_group_oldest_age_seconds\{.*\} 0\.\d+$|[1-9]/),
    ]);
    return true;
  });
  const text = await metrics.text();
  expect(text).toMatch(/^tidegate_redis_memory_used_bytes\{node="single"\} \d{5,}$/m);
  expect(text).toMatch(/^tidegate_redis_call_duration_seconds_count\{command="append-units"\} \d+$/m);
  expect(text).toMatch(
    /^messaging_client_operation_duration_seconds_count\{.*_name="settle",messaging_operation_type="settle"\} 1$/m,
  );
});

test("topics and groups beyond the limit share a label", async () => {
  const { engine, tell } = counted({ maxLabels: 2 });
  for (const [index, name] of ["a", "b", "c", "d"].entries()) {
    await engine.topics.put(name, { partitions: 1 });
    await engine.append(name, many(index + 1));
    await engine.groups.put(name, "g", {});
    await engine.groups.put(name, "h", {});
  }
  expect(await tell("messaging_client_sent")).toEqual([
    'messaging_client_sent_messages_total{topic="a"} 1',
    'messaging_client_sent_messages_total{topic="b"} 2',
    'messaging_client_sent_messages_total{topic="other"} 7',
  ]);
  await eventually("the figures have followed", async () => {
    expect(await tell("tidegate_topic_messages", "tidegate_group_lag", "tidegate_metrics_")).toEqual([
      'tidegate_metrics_labels{kind="topic"} 2',
      'tidegate_metrics_labels{kind="group"} 2',
      "tidegate_metrics_labels_limit 2",
      "tidegate_metrics_labels_limit_reached 1",
      'tidegate_topic_messages{topic="a"} 1',
      'tidegate_topic_messages{topic="b"} 2',
      'tidegate_topic_messages{topic="other"} 7',
      'tidegate_group_lag_messages{topic="a",group="g"} 1',
      'tidegate_group_lag_messages{topic="a",group="h"} 1',
      'tidegate_group_lag_messages{topic="other",group="other"} 18',
    ]);
    return true;
  });
});

test("without Redis a scrape tells what it can", async () => {
  const redis = await startRedis();
  const { engine, tell } = counted({}, redis.url);
  await engine.topics.put("orders", { partitions: 1 });
  await engine.append("orders", many(3));
  expect(await tell("tidegate_redis_up")).toEqual(["tidegate_redis_up 1"]);
  await redis.stop();
  await expect(engine.append("orders", many(1))).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  expect(await tell("tidegate_redis_up", "tidegate_topic_messages", "messaging_client_sent")).toEqual([
    'messaging_client_sent_messages_total{topic="orders"} 3',
    'messaging_client_sent_messages_total{topic="orders",error_type="REDIS_UNAVAILABLE"} 1',
    "tidegate_redis_up 0",
  ]);
  expect(await tell('tidegate_redis_call_failures_total{command="append-units"}')).not.toEqual([
    'tidegate_redis_call_failures_total{command="append-units"} 0',
  ]);
});

test("a registry of the caller's own is used, and its scrape tells everything", async () => {
  const registry = new Registry();
  new Counter({ name: "mine_total", help: "Mine.", registers: [registry] }).inc(4);
  const { engine, metrics } = counted({ registry, process: true });
  await engine.topics.put("orders", { partitions: 1 });
  await eventually("it is there", async () => (await registry.metrics()).includes('name="orders"} 1'));
  expect(metrics.registry).toBe(registry);
  const told = (text: string) => text.split("\n").filter((line) => /^# (HELP|TYPE) /.test(line));
  expect(told(await metrics.text())).toEqual(told(await registry.metrics()));
  const text = await metrics.text();
  expect(text).toContain("mine_total 4\n");
  expect(text).toContain("nodejs_eventloop_lag_seconds");
});

test.each([0, -1, 1.5, Number.NaN])("a limit of %d labels is refused", (maxLabels) => {
  expect(() => createMetrics({ maxLabels })).toThrow(
    expect.objectContaining({ code: "INVALID", details: { field: "maxLabels", limit: 1 } }),
  );
});
