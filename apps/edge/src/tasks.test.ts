import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@tidegate/client";
import { defineTask } from "@tidegate/tasks";
import { runTasks } from "@tidegate/tasks/worker";
import { eventually, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod";
import { type RunningWorker, startWorker } from "./start-worker.ts";

const redisUrl = inject("redisUrl");
const namespace = testNamespace();
const redis = new Redis(redisUrl);
const sendMail = defineTask({
  name: "send-mail",
  input: z.object({ to: z.email() }),
  output: z.object({ messageId: z.string() }),
  run: async ({ to }, { progress }) => {
    await progress(0.5);
    return { messageId: `to ${to}` };
  },
});
const tasks = runTasks([sendMail], { redis, namespace });
const mail = { to: "ada@example.com" };
/** An endpoint on this machine that HTTP tasks call. */
const heard: { path: string; body: string }[] = [];
const endpoint = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    heard.push({ path: request.url ?? "", body });
    response.end("heard");
  });
});
let url: string;
let worker: RunningWorker;
let client: Client;

beforeAll(async () => {
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  const { port } = endpoint.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  const tokens = "root=admin;mail=task:send-mail;http=task:tidegate.http";
  worker = await startWorker({ redisUrl, tokens, namespace, pushAllow: `127.0.0.1:${port}` });
  client = new Client({ url: worker.url, token: "mail" });
  await tasks.ready;
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await tasks.stop({ timeoutMs: 0 });
  redis.disconnect();
  endpoint.close();
  endpoint.closeAllConnections();
});

test("a task is enqueued by a Worker, carried out elsewhere, and waited for", async () => {
  expect(await client.tasks.enqueueAndWait(sendMail, mail)).toEqual({ messageId: "to ada@example.com" });
  const { id } = await client.tasks.enqueue(sendMail, mail, { id: "once" });
  expect(await client.tasks.enqueue(sendMail, mail, { id: "once" })).toEqual({ id, duplicate: true });
  expect(await client.tasks.wait(sendMail, id)).toMatchObject({
    state: "completed",
    progress: 0.5,
    attempts: 1,
  });
  const states: string[] = [];
  for await (const { state } of client.tasks.watch(sendMail, id)) states.push(state);
  expect(states).toEqual(["completed"]);
});

test("many at once, a batch, a tree and a cancel from a Worker", async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => client.tasks.enqueue(sendMail, mail)));
  expect(new Set(made.map(({ id }) => id)).size).toBe(20);
  const batch = await client.tasks.enqueueMany(
    sendMail,
    Array.from({ length: 50 }, () => ({ input: mail })),
  );
  const flow = await client.tasks.enqueueFlow({
    task: sendMail,
    input: mail,
    children: [{ task: sendMail, input: mail }],
  });
  for (const { id } of [...made, ...batch, flow])
    expect((await client.tasks.wait(sendMail, id)).state).toBe("completed");
  const { id } = await client.tasks.enqueue(sendMail, mail, { delayMs: 3_600_000 });
  await client.tasks.cancel(sendMail, id);
  expect((await client.tasks.get(sendMail, id)).state).toBe("cancelled");
});

test("a Worker tells the field of a wrong input, an unknown task, and a scope that is not enough", async () => {
  await expect(client.tasks.enqueue("send-mail", { to: "ada" })).rejects.toMatchObject({
    code: "INVALID",
    details: { field: "input.to" },
  });
  await expect(client.tasks.enqueue("other", {})).rejects.toMatchObject({ code: "FORBIDDEN" });
  const root = new Client({ url: worker.url, token: "root" });
  await expect(root.tasks.enqueue("other", {})).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
  expect((await root.tasks.describe(sendMail)).counts.completed).toBeGreaterThan(70);
});

test("an endpoint is called behind the answer, with no server; one that is due later when the clock strikes", async () => {
  const { httpTasks } = new Client({ url: worker.url, token: "http" });
  const { id } = await httpTasks.enqueue({ url: `${url}/now`, body: { n: 1 }, callbackUrl: `${url}/told` });
  await eventually("it is done", async () => (await httpTasks.get(id)).state === "done");
  expect((await httpTasks.get(id)).response).toEqual({ status: 200, body: "heard", bodyTruncated: false });
  const later = await httpTasks.enqueue({ url: `${url}/later`, delayMs: 1 });
  await eventually("both are called, and the callback", async () => {
    await worker.strike();
    return heard.length === 3;
  });
  expect((await httpTasks.get(later.id)).state).toBe("done");
  expect(heard.map(({ path }) => path).sort()).toEqual(["/later", "/now", "/told"]);
  expect(heard.find(({ path }) => path === "/now")!.body).toBe('{"n":1}');
  expect(JSON.parse(heard.find(({ path }) => path === "/told")!.body)).toMatchObject({
    type: "http-task.completed",
    id,
  });
});

test("a Worker sets schedules, which a server carries out", async () => {
  const { httpTasks, tasks: scheduled } = new Client({ url: worker.url, token: "root" });
  const nightly = { cron: "0 3 * * *", timeZone: "Europe/Berlin" };
  expect((await httpTasks.schedules.put("nightly", { when: nightly, call: { url } })).created).toBe(true);
  expect((await httpTasks.schedules.get("nightly")).nextRunAt).toBeGreaterThan(Date.now());
  expect((await scheduled.schedules.put(sendMail, "nightly", { ...nightly, input: mail })).created).toBe(
    true,
  );
  await scheduled.schedules.delete(sendMail, "nightly");
  await httpTasks.schedules.delete("nightly");
  expect(await httpTasks.schedules.list()).toEqual([]);
});
