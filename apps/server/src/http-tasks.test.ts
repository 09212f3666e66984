import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { httpTaskGroup, httpTaskTopic, type TaskCallback } from "@tidegate/contracts";
import { defineTask } from "@tidegate/tasks";
import { eventually } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { startTaskServer } from "./fixtures/task-server.ts";

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Endpoints on this machine: what they heard, and how they answer. */
async function startEndpoint(answer: (heard: Heard, response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
      heard.push(one);
      answer(one, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = (path: string) => heard.filter((one) => one.path === path);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, at };
}

const callbackOf = ({ body }: Heard) => JSON.parse(body) as TaskCallback;

test("an endpoint is called as asked, its answer is told, and so is who wanted to know", async () => {
  const endpoint = await startEndpoint(({ path }, response) => {
    if (path === "/fails") response.writeHead(500).end("no");
    else response.writeHead(201).end('{"paid":true}');
  });
  const { client, call } = await startTaskServer();
  const made = await client.httpTasks.enqueue({
    url: `${endpoint.url}/pay?a=1`,
    method: "PUT",
    headers: { "x-shop": "7" },
    body: { order: 17 },
    callbackUrl: `${endpoint.url}/paid`,
  });
  const done = () => client.httpTasks.get(made.id);
  await eventually("it is done", async () => (await done()).state === "done");
  expect(await done()).toEqual({
    ...{ id: made.id, state: "done", runAt: null, error: null },
    response: { status: 201, body: '{"paid":true}', bodyTruncated: false },
  });
  const [paid] = endpoint.at("/pay?a=1");
  expect(paid).toMatchObject({ method: "PUT", body: '{"order":17}', headers: { "x-shop": "7" } });
  expect(paid!.headers["webhook-signature"]).toMatch(/^v1,/);
  await eventually("the callback comes", () => endpoint.at("/paid").length === 1);
  expect(callbackOf(endpoint.at("/paid")[0]!)).toMatchObject({
    ...{
      type: "http-task.completed",
      task: `${endpoint.url}/pay?a=1`,
      id: made.id,
      attempts: 1,
      error: null,
    },
    output: { status: 201 },
  });

  const failing = await client.httpTasks.enqueue({
    url: `${endpoint.url}/fails`,
    retries: 0,
    failureCallbackUrl: `${endpoint.url}/failed`,
  });
  await eventually("the failure is told", () => endpoint.at("/failed").length === 1);
  expect(callbackOf(endpoint.at("/failed")[0]!)).toMatchObject({ type: "http-task.failed", id: failing.id });
  await eventually("it has failed", async () => (await client.httpTasks.get(failing.id)).state === "failed");
  expect(endpoint.at("/fails")).toHaveLength(1);

  const one = { url: `${endpoint.url}/once`, idempotencyKey: "k" };
  const first = await client.httpTasks.enqueue(one);
  expect(await client.httpTasks.enqueue(one)).toEqual({ id: first.id, duplicate: true });
  expect(await call("POST", "/v1/http-tasks", { ...one, body: 2 })).toMatchObject({
    status: 409,
    body: { code: "IDEMPOTENCY_CONFLICT" },
  });
  const later = await client.httpTasks.enqueue({
    url: endpoint.url,
    runAt: new Date(Date.now() + 3_600_000),
  });
  expect(await client.httpTasks.get(later.id)).toMatchObject({ state: "waiting", runAt: expect.any(Number) });
  await expect(client.httpTasks.get("forged")).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect((await call("GET", "/metrics")).body).toContain('{kind="http",outcome="duplicate"} 1');
});

test("a private address that nobody allowed is not called", async () => {
  const endpoint = await startEndpoint((_heard, response) => response.writeHead(204).end());
  const { client } = await startTaskServer({ push: { allow: [], concurrency: 10 } });
  const { id } = await client.httpTasks.enqueue({ url: endpoint.url, retries: 0 });
  await eventually("it has failed", async () => (await client.httpTasks.get(id)).state === "failed");
  expect(endpoint.heard).toEqual([]);
});

test("limits by key are set on the group of HTTP tasks", async () => {
  const endpoint = await startEndpoint((_heard, response) => response.writeHead(204).end());
  const { client } = await startTaskServer();
  const { id } = await client.httpTasks.enqueue({ url: endpoint.url, flowKey: "shop" });
  await eventually("it is done", async () => (await client.httpTasks.get(id)).state === "done");
  await client.groups.put(httpTaskTopic, httpTaskGroup, { perKey: { concurrency: 1 } });
  expect((await client.groups.get(httpTaskTopic, httpTaskGroup)).perKey).toMatchObject({ concurrency: 1 });
});

test("a schedule calls again and again, stops while it is paused, and is told", async () => {
  const endpoint = await startEndpoint((_heard, response) => response.writeHead(204).end());
  const { client, call } = await startTaskServer();
  const { schedules } = client.httpTasks;
  const settings = { when: { everyMs: 100 }, call: { url: `${endpoint.url}/tick`, body: "tick" } };
  const made = await schedules.put("tick", settings);
  expect(made).toMatchObject({
    created: true,
    schedule: { id: "tick", everyMs: 100, paused: false, call: settings.call },
  });
  await eventually("it was called three times", () => endpoint.heard.length >= 3);
  expect(endpoint.heard[0]).toMatchObject({ path: "/tick", method: "POST", body: "tick" });
  await schedules.pause("tick");
  expect(await schedules.get("tick")).toMatchObject({ paused: true, nextRunAt: null });
  await schedules.resume("tick");
  expect((await schedules.put("tick", settings)).created).toBe(false);
  expect((await schedules.list()).map(({ id }) => id)).toEqual(["tick"]);
  const heard = endpoint.heard.length;
  await eventually("it goes on", () => endpoint.heard.length > heard);
  await schedules.delete("tick");
  await expect(schedules.get("tick")).rejects.toMatchObject({ code: "SCHEDULE_NOT_FOUND" });
  const put = (when: object) =>
    call("PUT", "/v1/http-tasks/schedules/s", { when, call: { url: endpoint.url } });
  expect(await put({ cron: "a b c" })).toMatchObject({ status: 422, body: { field: "when.cron" } });
  expect(await put({ cron: "* * * * *", timeZone: "Mars/Olympus" })).toMatchObject({
    status: 422,
    body: { field: "when.timeZone" },
  });
  expect((await call("GET", "/metrics")).body).toMatch(
    /tidegate_scheduled_calls_total\{outcome="enqueued"\} [1-9]/,
  );
});

test("the outcome of a run is told to who enqueued it, signed", async () => {
  const endpoint = await startEndpoint((_heard, response) => response.writeHead(204).end());
  const { client, work } = await startTaskServer();
  await work(
    defineTask({
      name: "sum",
      input: z.array(z.number()),
      retry: { attempts: 1 },
      run: (numbers) => {
        if (numbers.length === 0) throw new RangeError("nothing to add");
        return numbers.reduce((sum, number) => sum + number);
      },
    }),
  );
  const urls = { callbackUrl: `${endpoint.url}/done`, failureCallbackUrl: `${endpoint.url}/failed` };
  const done = await client.tasks.enqueue("sum", [1, 2, 3], urls);
  const failed = await client.tasks.enqueue("sum", [], urls);
  await eventually("both are told", () => endpoint.heard.length === 2);
  expect(callbackOf(endpoint.at("/done")[0]!)).toEqual({
    ...{ type: "task.completed", task: "sum", id: done.id, attempts: 1, output: 6, error: null },
  });
  expect(callbackOf(endpoint.at("/failed")[0]!)).toMatchObject({
    ...{ type: "task.failed", id: failed.id, output: null },
    error: { name: "RangeError", message: "nothing to add" },
  });
  expect(endpoint.heard[0]!.headers["webhook-signature"]).toMatch(/^v1,/);
});
