import { taskStatus, validate } from "@tidegate/contracts";
import { defineTask, PermanentError } from "@tidegate/tasks";
import { eventually } from "@tidegate/testkit";
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { gatedTask, startTaskServer } from "./fixtures/task-server.ts";

const sendMail = defineTask({
  name: "send-mail",
  input: z.object({ to: z.email(), template: z.string().max(20) }),
  output: z.object({ messageId: z.string() }),
  retry: { attempts: 2, backoff: { type: "fixed", delayMs: 1 } },
});
const mail = { to: "ada@example.com", template: "welcome" };

test("a function enqueues by a definition, which types it, and gets the output", async () => {
  const { client, work } = await startTaskServer();
  const tried: number[] = [];
  await work(
    sendMail.implement(async ({ to }, { attempt, progress, log }) => {
      tried.push(attempt);
      await progress({ part: attempt / 2 });
      await log(`to ${to}`);
      if (attempt === 1) throw new TypeError("not yet");
      return { messageId: `to ${to}` };
    }),
  );
  const { id } = await client.tasks.enqueue(sendMail, mail);
  const status = await client.tasks.wait(sendMail, id);
  expect(validate(taskStatus, status)).toEqual(status);
  expect(status).toMatchObject({
    ...{ task: "send-mail", id, state: "completed", attempts: 2, maxAttempts: 2, progress: { part: 1 } },
    ...{ output: { messageId: "to ada@example.com" }, error: null, schedule: null, runAt: null },
  });
  expect(status.finishedAt).toBeGreaterThanOrEqual(status.startedAt!);
  expect(tried).toEqual([1, 2]);
  expect(await client.tasks.logs(sendMail, id)).toEqual({
    lines: Array(2).fill("to ada@example.com"),
    total: 2,
  });
  const output = await client.tasks.enqueueAndWait(sendMail, mail);
  expectTypeOf(output).toEqualTypeOf<{ messageId: string }>();
  expectTypeOf(client.tasks.enqueue<typeof sendMail>)
    .parameter(1)
    .toEqualTypeOf<typeof mail>();
  expect(output).toEqual({ messageId: "to ada@example.com" });
  expect(await client.tasks.list()).toEqual(["send-mail"]);
  const described = await client.tasks.describe("send-mail");
  expect(described).toMatchObject({
    name: "send-mail",
    attempts: 2,
    paused: false,
    counts: { completed: 2 },
  });
  expect(described.inputSchema).toMatchObject({ required: ["to", "template"] });
});

test("every state is told as it comes, polled, waited for and live", async () => {
  const { client, work, call } = await startTaskServer();
  const { task, running, end } = gatedTask("gated");
  const parent = gatedTask("parent");
  await work(task, parent.task);
  const state = async (id: string, name = "gated") =>
    (await call("GET", `/v1/tasks/${name}/${id}`)).body.state;

  const delayed = await client.tasks.enqueue(task, { to: "later" }, { delayMs: 3_600_000 });
  expect(await call("GET", `/v1/tasks/gated/${delayed.id}`)).toMatchObject({
    status: 200,
    body: { state: "delayed", runAt: expect.any(Number), attempts: 0, output: null },
  });
  await client.tasks.pause(task);
  const { id } = await client.tasks.enqueue(task, { to: "a" });
  expect(await state(id)).toBe("waiting");
  const watching = (async () => {
    const seen: unknown[] = [];
    for await (const { state: now, progress } of client.tasks.watch(task, id)) seen.push([now, progress]);
    return seen;
  })();
  await client.tasks.resume(task);
  const context = await running(id);
  expect(await state(id)).toBe("running");
  await context.progress({ part: 0.5 });
  const waiting = call("GET", `/v1/tasks/gated/${id}?waitMs=30000`);
  await eventually("the progress is told", async () => (await client.tasks.get(task, id)).progress !== null);
  end(id, { output: [1] });
  expect(await waiting).toMatchObject({ status: 200, body: { state: "completed", output: [1] } });
  const seen = await watching;
  expect(seen[0]).toEqual(["waiting", null]);
  expect(seen.at(-1)).toEqual(["completed", { part: 0.5 }]);

  const failing = await client.tasks.enqueue(task, { to: "b" });
  await running(failing.id);
  end(failing.id, { error: new RangeError("too far") });
  const failed = await client.tasks.wait(task, failing.id);
  expect(failed).toMatchObject({ state: "failed", error: { name: "RangeError", message: "too far" } });

  const flow = await client.tasks.enqueueFlow({
    task: parent.task,
    input: { to: "p" },
    children: [{ task, input: { to: "c" } }],
  });
  const child = flow.children[0]!;
  await running(child.id);
  expect(await state(flow.id, "parent")).toBe("waiting-children");
  end(child.id, { output: "of the child" });
  expect(await (await parent.running(flow.id)).children()).toEqual([
    { task: "gated", id: child.id, output: "of the child" },
  ]);
  parent.end(flow.id);
  expect((await client.tasks.wait("parent", flow.id)).state).toBe("completed");

  await client.tasks.cancel(task, delayed.id);
  expect(await state(delayed.id)).toBe("cancelled");
  const cancelled = await client.tasks.enqueue(task, { to: "d" });
  await running(cancelled.id);
  await client.tasks.cancel(task, cancelled.id);
  expect((await client.tasks.wait(task, cancelled.id)).state).toBe("cancelled");
  expect(await call("POST", `/v1/tasks/gated/${failing.id}/cancel`)).toMatchObject({
    status: 409,
    body: { code: "TASK_STATE" },
  });
});

test("inputs are checked where they are enqueued, and nothing of a refused batch is there", async () => {
  const { client, work, call } = await startTaskServer();
  await work(sendMail.implement(() => ({ messageId: "m" })));
  await client.tasks.pause("send-mail");
  const refuse = async (path: string, body: unknown) => {
    const { status, body: problem } = await call("POST", path, body);
    return [status, problem.code, problem.field, problem.limit];
  };
  expect(await refuse("/v1/tasks/send-mail", { input: { ...mail, to: "ada" } })).toEqual([
    ...[422, "INVALID", "input.to", undefined],
  ]);
  expect(await refuse("/v1/tasks/send-mail", {})).toEqual([422, "INVALID", "input", undefined]);
  expect(await refuse("/v1/tasks/send-mail", { input: { ...mail, template: "x".repeat(21) } })).toEqual([
    ...[422, "INVALID", "input.template", 20],
  ]);
  expect(await refuse("/v1/tasks/send-mail/batch", { tasks: [{ input: mail }, { input: {} }] })).toEqual([
    ...[422, "INVALID", "tasks[1].input.to", undefined],
  ]);
  const flow = { task: "send-mail", input: mail, children: [{ task: "send-mail", input: { to: 1 } }] };
  expect(await refuse("/v1/task-flows", flow)).toEqual([422, "INVALID", "children[0].input.to", undefined]);
  expect(await refuse("/v1/tasks/nobody", { input: 1 })).toEqual([
    404,
    "TASK_NOT_FOUND",
    undefined,
    undefined,
  ]);
  expect(await refuse("/v1/task-flows", { task: "nobody", input: 1 })).toEqual([
    404,
    "TASK_NOT_FOUND",
    undefined,
    undefined,
  ]);
  expect(await call("GET", "/v1/tasks/send-mail/r-none")).toMatchObject({
    status: 404,
    body: { code: "NOT_FOUND" },
  });
  expect((await client.tasks.describe("send-mail")).counts.waiting).toBe(0);

  const any = defineTask({ name: "any", input: z.unknown(), run: () => null });
  await work(any);
  const huge = `{"input":"${"x".repeat(1024 * 1024)}"}`;
  expect(await refuse("/v1/tasks/any", huge)).toMatchObject([413, "MESSAGE_TOO_LARGE", "input", 1024 * 1024]);
  expect((await refuse("/v1/tasks/any", "{")).slice(0, 2)).toEqual([400, "INVALID_JSON"]);
});

test("the direct way and the way through the app give one answer", async () => {
  const { client, work, call } = await startTaskServer();
  await work(sendMail.implement(() => ({ messageId: "m" })));
  await client.tasks.pause("send-mail");
  for (const path of ["/v1/tasks/send-mail", "/v1/tasks/send%2Dmail", "/v1/tasks/send-mail?"]) {
    const { status, headers, body } = await call("POST", path, { input: mail, id: "one" });
    expect([path, status, headers.get("content-type")]).toEqual([path, 202, "application/json"]);
    expect(body).toEqual(path === "/v1/tasks/send-mail" ? { id: "one" } : { id: "one", duplicate: true });
    expect(await call("POST", path, { input: {} })).toMatchObject({
      status: 422,
      body: { field: "input.to" },
    });
  }
  const made = await Promise.all(Array.from({ length: 40 }, () => client.tasks.enqueue("send-mail", mail)));
  expect(new Set(made.map(({ id }) => id)).size).toBe(40);
  expect((await client.tasks.describe("send-mail")).counts.waiting).toBe(41);
  const batch = await client.tasks.enqueueMany(sendMail, [{ input: mail }, { input: mail, id: "one" }]);
  expect(batch[1]).toEqual({ id: "one", duplicate: true });
  const { body: metrics } = await call("GET", "/metrics");
  expect(metrics).toContain('tidegate_enqueued_tasks_total{kind="task",outcome="new"} 42');
  expect(metrics).toContain('tidegate_enqueued_tasks_total{kind="task",outcome="duplicate"} 3');
  expect(metrics).toMatch(
    /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/v1\/tasks\/\{task\}",http_response_status_code="202"\} 43/,
  );
});

test("runs that have failed are listed, tried again and forgotten", async () => {
  const { client, work } = await startTaskServer();
  let works = false;
  await work(
    defineTask({
      name: "picky",
      input: z.object({ text: z.string() }),
      run: ({ text }) => {
        if (!works) throw new PermanentError(`cannot ${text}`);
        return text;
      },
    }),
  );
  const texts = ["read", "write", "read", "count"];
  const made = await client.tasks.enqueueMany(
    "picky",
    texts.map((text) => ({ input: { text } })),
  );
  for (const { id } of made) expect((await client.tasks.wait("picky", id)).state).toBe("failed");
  const first = await client.tasks.failed.list("picky", { limit: 3 });
  expect(first.tasks).toHaveLength(3);
  const rest = await client.tasks.failed.list("picky", { limit: 3, after: first.next! });
  const listed = [...first.tasks, ...rest.tasks].map(({ id }) => id);
  expect([...listed].sort()).toEqual(made.map(({ id }) => id).sort());
  const readers = await client.tasks.failed.list("picky", {
    error: "cannot read",
    from: "2020-01-01T00:00:00Z",
  });
  expect(readers.tasks.map(({ id }) => id).sort()).toEqual([made[0]!.id, made[2]!.id].sort());
  expect((await client.tasks.failed.list("picky", { to: 1_000 })).tasks).toEqual([]);

  works = true;
  await client.tasks.retry("picky", made[1]!.id);
  expect(await client.tasks.wait("picky", made[1]!.id)).toMatchObject({
    state: "completed",
    output: "write",
  });
  expect(await client.tasks.failed.remove("picky", { ids: [made[3]!.id] })).toMatchObject({
    done: 1,
    more: false,
  });
  await expect(client.tasks.get("picky", made[3]!.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await client.tasks.failed.retry("picky", { all: true, error: "read" })).toMatchObject({
    done: 2,
    more: false,
  });
  for (const index of [0, 2])
    expect((await client.tasks.wait("picky", made[index]!.id)).state).toBe("completed");
  await client.tasks.remove("picky", made[0]!.id);
  await expect(client.tasks.get("picky", made[0]!.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a schedule is made, replaced, paused and deleted, and runs the task", async () => {
  const { client, work, call } = await startTaskServer();
  const ran: unknown[] = [];
  await work(defineTask({ name: "tick", input: z.object({ n: z.int() }), run: ({ n }) => void ran.push(n) }));
  const { schedules } = client.tasks;
  const nightly = { cron: "30 2 * * *", timeZone: "Europe/Berlin", input: { n: 1 }, priority: 3 };
  const made = await schedules.put("tick", "nightly", nightly);
  expect(made).toMatchObject({
    created: true,
    schedule: { ...nightly, id: "nightly", everyMs: null, paused: false },
  });
  expect(made.schedule.nextRunAt).toBeGreaterThan(Date.now());
  expect((await schedules.put("tick", "nightly", nightly)).created).toBe(false);
  await schedules.pause("tick", "nightly");
  expect(await schedules.get("tick", "nightly")).toMatchObject({ paused: true, nextRunAt: null });
  await schedules.resume("tick", "nightly");
  await schedules.put("tick", "often", { everyMs: 100, limit: 2, input: { n: 2 } });
  await eventually("it ran as often as it may", () => ran.length >= 2);
  expect((await schedules.list("tick")).map(({ id }) => id)).toContain("nightly");
  await schedules.delete("tick", "nightly");
  await expect(schedules.get("tick", "nightly")).rejects.toMatchObject({ code: "SCHEDULE_NOT_FOUND" });
  const put = (settings: object) =>
    call("PUT", "/v1/tasks/tick/schedules/s", { input: { n: 1 }, ...settings });
  expect(await put({ cron: "61 * * * *" })).toMatchObject({ status: 422, body: { field: "cron" } });
  expect(await put({ cron: "* * * * *", timeZone: "Mars/Olympus" })).toMatchObject({
    status: 422,
    body: { field: "timeZone" },
  });
  expect(await put({ everyMs: 1000, input: { n: "x" } })).toMatchObject({
    status: 422,
    body: { field: "input.n" },
  });
});

test("a stream of events ends with its run, with the server, and with who knows the end", async () => {
  const { client, server, work, call } = await startTaskServer();
  const { task, running, end } = gatedTask("streamed");
  await work(task);
  const { id } = await client.tasks.enqueue(task, { to: "a" });
  await running(id);
  const response = await fetch(`${server.url}/v1/tasks/streamed/${id}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=UTF-8");
  const text = response.text();
  end(id);
  const events = [...(await text).matchAll(/event: (\w+)\nid: (\S+)\ndata: (.*)\n/g)];
  expect(events.map(([, name, , data]) => [name, JSON.parse(data!).state])).toEqual([
    ["state", "running"],
    ["state", "completed"],
  ]);
  const path = `/v1/tasks/streamed/${id}/events`;
  expect((await call("GET", path, undefined, { "last-event-id": events[1]![2]! })).status).toBe(204);
  expect((await call("GET", path, undefined, { "last-event-id": "other" })).body).toContain("completed");
  expect((await call("GET", "/v1/tasks/streamed/r-none/events")).status).toBe(404);
  const other = await client.tasks.enqueue(task, { to: "b" }, { delayMs: 3_600_000 });
  const endless = await fetch(`${server.url}/v1/tasks/streamed/${other.id}/events`);
  await server.stop();
  expect(await endless.text()).toContain("delayed");
});
