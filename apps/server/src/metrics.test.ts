import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Client } from "@tidegate/client";
import { isErrorCode } from "@tidegate/contracts";
import { Engine } from "@tidegate/core";
import { createMetrics } from "@tidegate/metrics";
import { defineTask } from "@tidegate/tasks";
import { runTasks } from "@tidegate/tasks/worker";
import { eventually, startRedis, type TestRedis, testNamespace } from "@tidegate/testkit";
import { Worker } from "@tidegate/worker";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { parseQuery } from "./fixtures/promql.ts";
import { seriesOf, sumOf, type ToldSeries } from "./fixtures/told-series.ts";
import { type RunningServer, startServer } from "./start-server.ts";

const infra = fileURLToPath(new URL("../../../infra/", import.meta.url));
const namespace = testNamespace();
const orders = { messaging_destination_name: "orders" };
const billing = { ...orders, messaging_consumer_group_name: "billing" };
const pushed = { messaging_destination_name: "pushed", messaging_consumer_group_name: "hook" };

let redis: TestRedis;
let server: RunningServer;
let endpoint: Server;
let endpointUrl: string;
/** What the server tells, and what it tells with a process of workers beside it. */
let told: ToldSeries[];
let all: ToldSeries[];

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(server.url + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
};
const scrape = async () => seriesOf(await call("GET", "/metrics"));

beforeAll(async () => {
  // With a limit, so that Redis has one to tell.
  redis = await startRedis({ config: ["maxmemory 512mb"] });
  server = await startServer({
    ...{ port: 0, host: "127.0.0.1", redisUrl: redis.url, namespace, dataDir: ".tidegate", tokens: null },
    logLevel: "silent",
    push: { allow: ["127.0.0.0/8"], concurrency: 10 },
  });
  endpoint = createServer((_request, response) => response.writeHead(204).end());
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
  endpointUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  await publishAndSettle();
  await push();
  const workers = await work();
  await eventually(
    "the figures have followed",
    async () => {
      told = await scrape();
      expect(sumOf(told, "tidegate_topic_messages", orders)).toBe(3);
      expect(sumOf(told, "tidegate_group_lag_messages", billing)).toBe(1);
      expect(sumOf(told, "tidegate_task_runs", { task: "mail", state: "failed" })).toBe(1);
      return true;
    },
    30_000,
  );
  all = [...told, ...workers];
}, 90_000);

afterAll(async () => {
  await server?.stop();
  endpoint?.closeAllConnections();
  endpoint?.close();
  await redis?.stop();
});

/** Five orders for three units; one is acknowledged, one given up, one given back. */
async function publishAndSettle(): Promise<void> {
  await call("PUT", "/v1/topics/orders", {
    partitions: 1,
    placement: "together",
    gate: { id: "sale", stock: 3 },
  });
  await call("POST", "/v1/topics/orders/messages", { messages: [1, 2, 3, 4, 5].map((value) => ({ value })) });
  const { leases } = await call("POST", "/v1/topics/orders/groups/billing/receive", {});
  await call("POST", `/v1/topics/orders/groups/billing/leases/${leases[0].id}/settle`, {
    ...{ ack: [0], deadLetter: [{ offset: 1, reason: "no" }], release: [2] },
  });
  await call("GET", "/nowhere");
}

/** One message to an endpoint that answers, one to where nobody listens. */
async function push(): Promise<void> {
  const nobody = createServer();
  nobody.listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  await once(nobody, "close");
  for (const [topic, url] of [
    ["pushed", endpointUrl],
    ["unheard", `http://127.0.0.1:${port}`],
  ]) {
    await call("PUT", `/v1/topics/${topic}`, { partitions: 1 });
    await call("PUT", `/v1/topics/${topic}/groups/hook`, { push: { url } });
    await call("POST", `/v1/topics/${topic}/messages`, { messages: [{ value: 1 }] });
  }
  const group = (topic: string) => call("GET", `/v1/topics/${topic}/groups/hook`);
  await eventually("one is answered", async () => (await group("pushed")).lag === 0);
  await eventually("the other is left alone", async () => (await group("unheard")).heldUntil);
}

/** A process of workers: a worker that fails now and then, and one of tasks. */
async function work(): Promise<ToldSeries[]> {
  const client = redis.client();
  const metrics = createMetrics();
  const engine = new Engine({ redis: client, namespace, meter: metrics.meter });
  await engine.topics.put("worked", { partitions: 1 });
  await engine.append("worked", [{ value: Buffer.from("well") }, { value: Buffer.from("badly") }]);
  const worker = new Worker({
    engine,
    topic: "worked",
    group: "w",
    maxMessages: 1,
    handler: ({ value }) => {
      if (Buffer.from(value ?? "").toString() === "badly") throw new Error("no");
    },
  });
  metrics.watchWorker(worker, { topic: "worked", group: "w" });
  const failed = new Promise((resolve) => worker.once("failed", resolve));
  const settled = new Promise((resolve) => worker.once("settled", resolve));
  await worker.start();
  await Promise.all([failed, settled]);
  await worker.stop();
  const mail = defineTask({
    name: "mail",
    input: z.object({ to: z.string() }),
    retry: { attempts: 1 },
    run: async ({ to }) => {
      if (to === "nobody") throw new Error("no such address");
    },
  });
  const ended: string[] = [];
  const taskRedis = new Redis(redis.url);
  const tasks = runTasks([mail], {
    redis: taskRedis,
    namespace,
    onEvent(event) {
      metrics.ran(event);
      ended.push(event.type);
    },
  });
  await tasks.ready;
  const { tasks: remote } = new Client({ url: server.url });
  for (const to of ["ada", "nobody"]) await remote.enqueue("mail", { to });
  await eventually("both have ended", () => ended.includes("completed") && ended.includes("failed"));
  await tasks.stop();
  await engine.stop();
  taskRedis.disconnect();
  return seriesOf(await metrics.text());
}

test("a server tells what went through it", () => {
  const sent = { messaging_system: "tidegate", messaging_operation_name: "publish", ...orders };
  const counted = [
    ["messaging_client_sent_messages_total", { ...sent, error_type: "SOLD_OUT" }, 2],
    ["tidegate_gate_messages_total", { ...orders, outcome: "admitted" }, 3],
    ["messaging_client_consumed_messages_total", { messaging_operation_name: "receive", ...billing }, 3],
    ["tidegate_settled_messages_total", { ...billing, outcome: "acknowledged" }, 1],
    ["tidegate_settled_messages_total", { ...billing, outcome: "dead_lettered" }, 1],
    ["tidegate_settled_messages_total", { ...billing, outcome: "released" }, 1],
    ["tidegate_delivery_latency_seconds_count", billing, 1],
    ["tidegate_group_dead_letter_messages", billing, 1],
    ["tidegate_push_calls_total", { ...pushed, http_response_status_code: "204" }, 1],
    ["tidegate_push_call_duration_seconds_count", pushed, 1],
    ["tidegate_enqueued_tasks_total", { kind: "task", outcome: "new" }, 2],
    ["tidegate_task_runs", { task: "mail", state: "completed" }, 1],
    ["tidegate_redis_memory_max_bytes", { node: "single" }, 512 * 1024 * 1024],
    ["tidegate_redis_up", {}, 1],
  ] as const;
  for (const [name, labels, value] of counted)
    expect([name, sumOf(told, name, labels)]).toEqual([name, value]);
  const requests = (method: string, route: string, status: string) =>
    sumOf(told, "http_server_request_duration_seconds_count", {
      http_request_method: method,
      http_route: route,
      http_response_status_code: status,
    });
  expect(requests("POST", "/v1/topics/{topic}/messages", "202")).toBe(2);
  expect(requests("*", "unmatched", "404")).toBe(1);
  const unreached = { messaging_destination_name: "unheard", error_type: "unreached" };
  expect(sumOf(told, "tidegate_push_calls_total", unreached)).toBeGreaterThan(0);
});

test("a process of workers tells how long its handlers took, and what came of tasks", () => {
  const process = { messaging_destination_name: "worked", messaging_consumer_group_name: "w" };
  const name = "messaging_process_duration_seconds_count";
  expect(sumOf(all, name, { ...process, error_type: "_OTHER" })).toBeGreaterThan(0);
  expect(all.filter((one) => one.name === name && one.labels.error_type === undefined)).toMatchObject([
    { value: 1, labels: process },
  ]);
  expect(sumOf(all, "tidegate_task_attempts_total", { task: "mail", outcome: "completed" })).toBe(1);
  expect(sumOf(all, "tidegate_task_attempts_total", { task: "mail", outcome: "failed" })).toBe(1);
});

test("a server without metrics counts nothing, and says so", async () => {
  const deaf = await startServer({
    ...{ port: 0, host: "127.0.0.1", redisUrl: redis.url, namespace, dataDir: ".tidegate", tokens: null },
    ...{ logLevel: "silent", push: null, schedules: false, metrics: false },
  });
  try {
    const response = await fetch(`${deaf.url}/metrics`);
    expect([response.status, (await response.json()).code]).toEqual([422, "NOT_SUPPORTED"]);
  } finally {
    await deaf.stop();
  }
});

describe("what Grafana and Prometheus are given", () => {
  /** Labels that Prometheus adds, and `le`, of which a quantile is made. */
  const given = new Set(["job", "instance", "le"]);

  /** Everything that is asked for is told: metrics, labels, and values of labels that are spelled out. */
  function check(expression: string, legend = ""): void {
    const { selectors, groupedBy } = parseQuery(expression);
    const known = new Set(given);
    for (const { metric, matchers } of selectors) {
      if (metric === "up") continue;
      const series = all.filter(({ name }) => name === metric);
      expect(series.length, `${metric} is told`).toBeGreaterThan(0);
      for (const label of series.flatMap(({ labels }) => Object.keys(labels))) known.add(label);
      for (const { label, operator, value } of matchers) {
        expect([...known], `${metric} has ${label}`).toContain(label);
        if (value.includes("$") || value === "") continue;
        if (label === "error_type")
          for (const code of value.split("|")) expect(isErrorCode(code), code).toBe(true);
        else if (!given.has(label) && operator === "=")
          expect(
            series.map(({ labels }) => labels[label]),
            `${metric} tells ${label}`,
          ).toContain(value);
      }
    }
    const legendLabels = [...legend.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(
      ([, label]) => label!,
    );
    for (const label of [...groupedBy, ...legendLabels])
      expect([...known], `${expression} knows ${label}`).toContain(label);
  }

  const plain = (expression: string) => expression.replaceAll("$__rate_interval", "5m");

  test.each(readdirSync(`${infra}grafana/dashboards`))("the dashboard %s asks for what is told", (file) => {
    const dashboard = JSON.parse(readFileSync(`${infra}grafana/dashboards/${file}`, "utf8"));
    const ids = new Set<number>();
    let queries = 0;
    for (const { id, title, targets = [] } of dashboard.panels) {
      expect(ids.has(id), `${title} has an id of its own`).toBe(false);
      ids.add(id);
      for (const { expr, legendFormat } of targets) {
        check(plain(expr), legendFormat);
        queries += 1;
      }
    }
    expect(queries).toBeGreaterThan(5);
    for (const { type, definition } of dashboard.templating.list) {
      if (type !== "query") continue;
      const [, expression, label] = /^label_values\((.*), (\w+)\)$/.exec(definition)!;
      check(expression!, `{{${label}}}`);
    }
  });

  test("the alerts ask for what is told, and say what to do", () => {
    const { groups } = parse(readFileSync(`${infra}prometheus/alerts.yml`, "utf8"));
    const names = new Set<string>();
    for (const { alert, expr, labels, annotations } of groups.flatMap(
      (group: { rules: [] }) => group.rules,
    )) {
      expect(names.has(alert), `${alert} is there once`).toBe(false);
      names.add(alert);
      check(expr, annotations.summary);
      expect(labels.severity).toMatch(/^(info|warning|critical)$/);
      expect(annotations.summary.length, alert).toBeGreaterThan(20);
      expect(annotations.runbook.length, alert).toBeGreaterThan(20);
    }
    expect(names.size).toBeGreaterThan(10);
  });

  test("a query that asks for what nobody tells is found", () => {
    for (const wrong of [
      "sum(tidegate_no_such_metric)",
      "sum by (color) (tidegate_redis_up)",
      'tidegate_redis_up{color="red"}',
      'tidegate_task_runs{state="asleep"}',
      "sum(rate(tidegate_redis_up[5m])",
      "1 + 1",
    ])
      expect(() => check(wrong), wrong).toThrow();
  });
});
