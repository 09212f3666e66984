import { afterEach, expect, expectTypeOf, test } from "vitest";
import { Client } from "../client.ts";
import {
  answer,
  cut,
  problem,
  type ScriptedServer,
  type Step,
  scriptedServer,
} from "../fixtures/scripted-server.ts";

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(...steps: readonly [Step, ...Step[]]) {
  const server = await scriptedServer(...steps);
  servers.push(server);
  const backoff = { initialMs: 1, maxMs: 2 };
  const asked = () => server.requests.map(({ method, path }) => `${method} ${path}`);
  const bodies = () => server.requests.map(({ body }) => (body === "" ? null : JSON.parse(body)));
  return { server, asked, bodies, client: new Client({ url: server.url, backoff }) };
}

/** Answers with the ids that the request names. */
const echo: Step = (response, { body }) => {
  const json = JSON.parse(body);
  const made = json.tasks
    ? { tasks: json.tasks.map(({ id }: { id: string }) => ({ id, duplicate: true })) }
    : { id: json.id, duplicate: true };
  answer(202, made)(response, { body } as never);
};
const status = (state: string, more: object = {}) =>
  answer(200, { task: "send-mail", id: "r1", state, output: null, error: null, ...more });

test("an enqueue is repeated under one id, and what its own first attempt has done is no duplicate", async () => {
  const { client, bodies, asked } = await start(cut, problem(503, "OVERLOADED", true), echo);
  const made = await client.tasks.enqueue("send-mail", { to: "ada" }, { delayMs: 5, priority: 2 });
  expect(made).toEqual({ id: expect.stringMatching(/^c[0-9a-f]{32}$/) });
  expect(asked()).toEqual(Array(3).fill("POST /v1/tasks/send-mail"));
  const sent = { id: made.id, input: { to: "ada" }, delayMs: 5, priority: 2 };
  expect(bodies()).toEqual([sent, sent, sent]);
});

test("a duplicate of an id of one's own, or by a deduplication id, is told", async () => {
  const { client } = await start(echo, answer(202, { id: "other", duplicate: true }));
  expect(await client.tasks.enqueue("t", 1, { id: "mine" })).toEqual({ id: "mine", duplicate: true });
  expect(await client.tasks.enqueue("t", 1, { deduplicationId: "d" })).toEqual({
    id: "other",
    duplicate: true,
  });
});

test("without an id an enqueue whose answer was lost is not repeated", async () => {
  const { client, server } = await start(cut, echo);
  const enqueueing = client.tasks.enqueue("t", 1, { idempotent: false });
  await expect(enqueueing).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(server.requests).toHaveLength(1);
});

test("runs and the root of a tree get an id, those that have one keep it, and times may be dates", async () => {
  const { client, bodies } = await start(
    echo,
    answer(202, { task: "p", id: "x", children: [{ task: "send-mail", id: "y", children: [] }] }),
  );
  const mail = { name: "send-mail", input: { "~standard": {} }, output: null } as const;
  const runAt = new Date(1_700_000_000_000);
  const made = await client.tasks.enqueueMany(mail, [{ input: 1 }, { input: 2, id: "mine", runAt }]);
  expect(made).toEqual([{ id: expect.stringMatching(/^c[0-9a-f]{32}$/) }, { id: "mine", duplicate: true }]);
  const flow = { task: "p", input: 0, children: [{ task: mail, input: 1, onFailure: "ignore" as const }] };
  expect((await client.tasks.enqueueFlow(flow)).children[0]!.id).toBe("y");
  const id = expect.stringMatching(/^c[0-9a-f]{32}$/);
  expect(bodies()).toEqual([
    {
      tasks: [
        { input: 1, id: made[0]!.id },
        { input: 2, id: "mine", runAt: 1_700_000_000_000 },
      ],
    },
    { task: "p", id, input: 0, children: [{ task: "send-mail", input: 1, onFailure: "ignore" }] },
  ]);
});

test("enqueueAndWait asks until the run has ended, through an outage, and gives the output", async () => {
  const { client, asked } = await start(
    echo,
    status("waiting"),
    problem(503, "OVERLOADED", true),
    cut,
    status("running"),
    status("completed", { output: { messageId: "m" } }),
  );
  expect(await client.tasks.enqueueAndWait("send-mail", {})).toEqual({ messageId: "m" });
  for (const one of asked().slice(1)) {
    expect(one).toMatch(/^GET \/v1\/tasks\/send-mail\/c[0-9a-f]{32}\?waitMs=\d+$/);
    expect(Number(one.split("waitMs=")[1])).toBeLessThanOrEqual(30_000);
  }
});

test.each([
  ["failed", { name: "TypeError", message: "no" }, "TypeError: no"],
  ["cancelled", null, "The run was cancelled"],
])("a run that has %s is TASK_FAILED", async (state, error, text) => {
  const { client } = await start(echo, status(state, { error }));
  await expect(client.tasks.enqueueAndWait("send-mail", {})).rejects.toMatchObject({
    code: "TASK_FAILED",
    message: text,
    details: { task: "send-mail", id: "r1", state, error },
  });
});

test("a run that does not end in time is REPLY_TIMEOUT, and one that is gone NOT_FOUND", async () => {
  const { client } = await start(status("running"));
  await expect(client.tasks.wait("t", "r1", { timeoutMs: 50 })).rejects.toMatchObject({
    code: "REPLY_TIMEOUT",
    details: { task: "t", id: "r1", limit: 50 },
  });
  const gone = await start(problem(404, "NOT_FOUND", false));
  await expect(gone.client.tasks.wait("t", "r1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  const { signal } = { signal: AbortSignal.abort(new Error("mine")) };
  await expect(client.tasks.wait("t", "r1", { signal })).rejects.toThrow("mine");
});

test("what was done by an attempt whose answer was lost counts as done", async () => {
  const { client } = await start(cut, problem(409, "TASK_STATE", false));
  await client.tasks.retry("t", "r1");
  const other = await start(cut, problem(404, "NOT_FOUND", false));
  await other.client.tasks.remove("t", "r1");
  const first = await start(problem(409, "TASK_STATE", false));
  await expect(first.client.tasks.retry("t", "r1")).rejects.toMatchObject({ code: "TASK_STATE" });
});

test("each verb asks at its address", async () => {
  const { client, asked, bodies } = await start(answer(200, { schedules: [], tasks: [{ name: "a" }] }));
  const { tasks, httpTasks } = client;
  await tasks.cancel("t", "a/b");
  await tasks.logs("t", "r");
  await tasks.describe("t");
  await tasks.pause("t");
  await tasks.resume("t");
  expect(await tasks.list()).toEqual(["a"]);
  await tasks.failed.list("t", { from: 5, error: "a b", limit: 3 });
  await tasks.failed.retry("t", { all: true, perSecond: 10 });
  await tasks.failed.remove("t", { ids: ["r"] });
  await tasks.schedules.put("t", "s", { cron: "* * * * *", input: 1 });
  await tasks.schedules.get("t", "s");
  expect(await tasks.schedules.list("t")).toEqual([]);
  await tasks.schedules.pause("t", "s");
  await tasks.schedules.resume("t", "s");
  await tasks.schedules.delete("t", "s");
  await httpTasks.enqueue({ url: "https://a.example/", runAt: new Date(7), idempotencyKey: "k" });
  await httpTasks.get("i");
  await httpTasks.schedules.put("s", { when: { everyMs: 1000 }, call: { url: "https://a.example/" } });
  await httpTasks.schedules.pause("s");
  expect(asked()).toEqual([
    "POST /v1/tasks/t/a%2Fb/cancel",
    "GET /v1/tasks/t/r/logs",
    "GET /v1/tasks/t",
    "POST /v1/tasks/t/pause",
    "POST /v1/tasks/t/resume",
    "GET /v1/tasks",
    "GET /v1/tasks/t/failed?from=5&error=a+b&limit=3",
    "POST /v1/tasks/t/failed/retry",
    "POST /v1/tasks/t/failed/remove",
    "PUT /v1/tasks/t/schedules/s",
    "GET /v1/tasks/t/schedules/s",
    "GET /v1/tasks/t/schedules",
    "POST /v1/tasks/t/schedules/s/pause",
    "POST /v1/tasks/t/schedules/s/resume",
    "DELETE /v1/tasks/t/schedules/s",
    "POST /v1/http-tasks",
    "GET /v1/http-tasks/i",
    "PUT /v1/http-tasks/schedules/s",
    "POST /v1/http-tasks/schedules/s/pause",
  ]);
  expect(bodies()[15]).toEqual({ url: "https://a.example/", runAt: 7, idempotencyKey: "k" });
});

test("an HTTP task gets a key of its own, under which it is repeated", async () => {
  const { client, bodies } = await start(cut, answer(202, { id: "ticket", duplicate: true }));
  expect(await client.httpTasks.enqueue({ url: "https://a.example/" })).toEqual({ id: "ticket" });
  const [first, second] = bodies();
  expect(first.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
  expect(second).toEqual(first);
});

test("a watch of a run ends with its last state", async () => {
  const event = (state: string, progress: unknown) =>
    `event: state\ndata: ${JSON.stringify({ state, progress })}\n\n`;
  const { client, asked } = await start((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(event("running", 1) + event("running", 2) + event("cancelled", 2));
  });
  const seen: unknown[] = [];
  for await (const { state, progress } of client.tasks.watch("t", "r")) seen.push([state, progress]);
  expect(seen).toEqual([
    ["running", 1],
    ["running", 2],
    ["cancelled", 2],
  ]);
  expect(asked()).toEqual(["GET /v1/tasks/t/r/events"]);
});

/** A definition as far as types go: as `defineTask` of a zod schema makes it. */
interface Definition {
  readonly name: "send-mail";
  readonly input: {
    readonly "~standard": { readonly types?: { readonly input: { to: string }; readonly output: 0 } };
  };
  readonly output: {
    readonly "~standard": { readonly types?: { readonly input: 0; readonly output: { messageId: string } } };
  } | null;
}

test("a definition types what goes in and what comes out, and so does its type beside its name", () => {
  const { tasks } = new Client({ url: "http://localhost" });
  type Enqueue = typeof tasks.enqueueAndWait<Definition>;
  expectTypeOf<Parameters<Enqueue>[0]>().toEqualTypeOf<Definition | string>();
  expectTypeOf<Parameters<Enqueue>[1]>().toEqualTypeOf<{ to: string }>();
  expectTypeOf<Awaited<ReturnType<Enqueue>>>().toEqualTypeOf<{ messageId: string }>();
  const byName = () => tasks.enqueueAndWait("send-mail", { anything: 1 });
  expectTypeOf<Awaited<ReturnType<typeof byName>>>().toEqualTypeOf<unknown>();
});
