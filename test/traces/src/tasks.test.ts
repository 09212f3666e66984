import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { defineTask } from "@tidegate/tasks";
import { Tasks } from "@tidegate/tasks/producer";
import { runTasks } from "@tidegate/tasks/worker";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { calledFunction } from "./called-function.ts";
import { inTrace, one, spansOf, withSdk } from "./in-memory-sdk.ts";
import { runningServer, uniqueName } from "./running-server.ts";

withSdk();
const running = runningServer();

/** A task that fails for 0, once for 1, and else ends; its worker runs while the test does. */
async function workedTask() {
  const task = defineTask({
    name: uniqueName("task"),
    input: z.object({ n: z.number() }),
    retry: { attempts: 2, backoff: { type: "fixed", delayMs: 0 } },
    run: ({ n }, { attempt }) => {
      trace.getTracer("application").startSpan("in the run").end();
      if (n === 0 || (n === 1 && attempt === 1)) throw new RangeError("not yet");
    },
  });
  const { redis, engine } = running;
  const worker = runTasks([task], { redis, engine });
  const tasks = new Tasks({ redis, engine, tasks: [task] });
  onTestFinished(async () => {
    await worker.stop();
    await tasks.close();
  });
  await worker.ready;
  return { task, tasks };
}

test("a run that a client enqueues over HTTP is carried out in its trace", async () => {
  const { task } = await workedTask();
  const { name } = task;
  const { traceId, spanId, result } = await inTrace(() => running.client.tasks.enqueue(name, { n: 2 }));
  const spans = await spansOf(traceId, `process ${name}`, "application");
  const producer = spans.find(({ kind }) => kind === SpanKind.PRODUCER)!;
  expect(producer).toMatchObject({
    name: `send ${name}`,
    parentSpanContext: { spanId },
    attributes: { "messaging.destination.name": name, "messaging.message.id": result.id },
  });
  const made = producer.spanContext().spanId;
  const process = one(spans, `process ${name}`);
  expect(process).toMatchObject({
    kind: SpanKind.CONSUMER,
    parentSpanContext: { spanId: made },
    links: [{ context: { spanId: made } }],
    status: { code: SpanStatusCode.UNSET },
    attributes: { "messaging.message.id": result.id, "messaging.tidegate.message.attempt": 1 },
  });
  expect(one(spans, "in the run").parentSpanContext).toMatchObject({
    spanId: process.spanContext().spanId,
  });
});

test("each attempt is a span, and one that failed says with what", async () => {
  const { task, tasks } = await workedTask();
  const process = `process ${task.name}`;
  const { traceId } = await inTrace(() =>
    tasks.enqueueMany(task, [{ input: { n: 1 } }, { input: { n: 0 } }]),
  );
  const spans = await spansOf(traceId, process, process, process, process, "application");
  expect(one(spans, `send ${task.name}`)).toMatchObject({
    kind: SpanKind.PRODUCER,
    attributes: { "messaging.batch.message_count": 2 },
  });
  const failed = spans.filter(({ name, status }) => name === process && status.code === SpanStatusCode.ERROR);
  expect(failed.map(({ attributes }) => attributes["error.type"])).toEqual(Array(3).fill("RangeError"));
});

test("a flow is one trace, and what refuses an enqueue is told by its code", async () => {
  const { task, tasks } = await workedTask();
  const flow = { task, input: { n: 2 }, children: [{ task, input: { n: 3 } }] };
  const { traceId } = await inTrace(() => tasks.enqueueFlow(flow));
  await spansOf(traceId, `process ${task.name}`, `process ${task.name}`);
  const refused = await inTrace(() => tasks.enqueue("unknown", {}).catch(() => {}));
  const send = one(await spansOf(refused.traceId, "application"), "send unknown");
  expect(send.attributes["error.type"]).toBe("TASK_NOT_FOUND");
});

test("an HTTP task is called in the trace of who enqueued it, and so is its callback", async () => {
  const endpoint = await calledFunction();
  const call = { url: `${endpoint.url}/task`, callbackUrl: `${endpoint.url}/told` };
  const { traceId } = await inTrace(() => running.client.httpTasks.enqueue(call));
  const push = "push tidegate.http-tasks";
  const spans = await spansOf(traceId, push, push, "application");
  const pushes = spans.filter(({ name }) => name === push).map((span) => span.spanContext().spanId);
  const carried = [await endpoint.called("/task"), await endpoint.called("/told")];
  expect(carried.map(({ headers }) => headers.traceparent).sort()).toEqual(
    pushes.map((spanId) => `00-${traceId}-${spanId}-01`).sort(),
  );
});
