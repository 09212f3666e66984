import { defineTask, PermanentError } from "@tidegate/tasks";
import { runTasks } from "@tidegate/tasks/worker";
import { eventually } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod";
import { startCli, type TestCli } from "../../fixtures/cli.ts";

let cli: TestCli;
let redis: Redis;
let worker: ReturnType<typeof runTasks>;
/** Whether the handler does what it is for. */
let works = false;
/** Lets the runs of a slow task end. */
const slow = Promise.withResolvers<void>();

const sendMail = defineTask({
  name: "send-mail",
  input: z.object({ to: z.string() }),
  retry: { attempts: 1 },
  run: async ({ to }, context) => {
    await context.log(`to ${to}\u001b[2J`);
    await context.progress({ sent: 1 });
    if (!works) throw new PermanentError(`no route to ${to}`);
    return { messageId: to };
  },
});
const wait = defineTask({
  name: "wait",
  input: z.unknown(),
  run: async (_, { signal }) => {
    await Promise.race([slow.promise, new Promise((_, reject) => signal.addEventListener("abort", reject))]);
  },
});

beforeAll(async () => {
  cli = await startCli(inject("redisUrl"));
  redis = new Redis(inject("redisUrl"));
  worker = runTasks([sendMail, wait], { redis, namespace: cli.namespace });
  await eventually("the tasks are known", async () => (await cli.client.tasks.list()).length === 2);
});
afterAll(async () => {
  slow.resolve();
  await worker.stop();
  redis.disconnect();
  await cli.stop();
});

const tasks = (...argv: string[]) => cli.run(["tasks", ...argv]);

/** Enqueues runs and waits until they have failed, one after the other: they are listed in the order in which they ended. */
async function fail(...ids: string[]): Promise<void> {
  works = false;
  for (const id of ids) {
    await cli.client.tasks.enqueue("send-mail", { to: `${id}@a.example` }, { id });
    expect((await cli.client.tasks.wait("send-mail", id)).state).toBe("failed");
  }
  works = true;
}

test("tasks and their failed runs are listed, shown, and tried again", async () => {
  await fail("one", "two", "three");
  const listed = await tasks("list");
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toMatch(/^TASK +DELAYED +WAITING +FOR CHILDREN +RUNNING +COMPLETED +FAILED +STATE\n/);
  expect(listed.stdout).toMatch(/^send-mail +0 +0 +0 +0 +0 +3 +-$/m);
  const failed = await tasks("list", "send-mail", "--error", "one@");
  expect(failed.stdout).toMatch(
    /^ID +ENDED +ATTEMPTS +ERROR +MESSAGE\none +\S+Z +1\/1 +PermanentError +no route to one@a\.example\n$/,
  );
  const json = await cli.runOnRedis(["tasks", "list", "send-mail", "--limit", "2", "--json"]);
  expect(json.json()).toMatchObject({ tasks: [{ id: "three" }, { id: "two" }], next: expect.any(String) });
  expect((await tasks("list", "send-mail", "--to", "-1h")).stderr).toBe(
    "No run of send-mail is in the state failed\n",
  );

  const shown = await tasks("show", "send-mail", "one", "--logs");
  expect(shown.stdout).toMatch(
    /^state +failed\nrun +one of send-mail\nattempts +1 of at most 1\nprogress +\{"sent":1\}\n/,
  );
  expect(shown.stdout).toMatch(/^error +PermanentError: no route to one@a\.example$/m);
  expect(shown.stdout).toMatch(/\n\nto one@a\.example\\x1b\[2J\n$/);
  const described = await tasks("show", "send-mail", "--json");
  expect(described.json()).toMatchObject({ name: "send-mail", attempts: 1, counts: { failed: 3 } });
  expect((await tasks("show", "send-mail")).stdout).toMatch(/^failed +3$/m);

  const one = await tasks("list", "send-mail", "--limit", "1");
  expect(one).toMatchObject({ code: 0, stderr: "There are more: --limit 10 shows them\n" });

  expect((await tasks("retry", "send-mail", "one")).stdout).toBe("Retried 1 of send-mail\n");
  const followed = await tasks("show", "send-mail", "one", "--follow", "--json");
  expect(followed.jsonLines().at(-1)).toMatchObject({
    state: "completed",
    output: { messageId: "one@a.example" },
  });
  const again = await tasks("retry", "send-mail", "one");
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toMatch(/^error: TASK_STATE/);

  const all = await cli.runOnRedis([
    "tasks",
    "retry",
    "send-mail",
    "--all-failed",
    "--per-second",
    "100",
    "--json",
  ]);
  expect(all.json()).toEqual({ task: "send-mail", retried: 2 });
  for (const id of ["two", "three"])
    expect((await cli.client.tasks.wait("send-mail", id)).state).toBe("completed");
  const completed = await tasks("list", "send-mail", "--state", "completed", "--limit", "2");
  expect(completed.stdout).toMatch(/^three +\S+Z +\d\/1 +\{"messageId":"three@a.example"\}$/m);
  const none = await tasks("retry", "send-mail", "two", "three");
  expect(none).toMatchObject({ code: 1, stdout: "Retried 0 of send-mail\n" });
  expect(none.stderr).toBe("error: 2 of these have not failed, or are no longer kept\n");
  expect((await tasks("show", "send-mail", "two", "--follow")).stdout).toMatch(
    /^\S+Z {2}completed {2}\{"sent":1\}\n$/,
  );
});

test("runs are cancelled, those that run and those that wait", async () => {
  await cli.client.tasks.enqueue("wait", 1, { id: "goes" });
  await cli.client.tasks.enqueue("wait", 1, { id: "waits", delayMs: 60_000 });
  await eventually("it runs", async () => (await cli.client.tasks.get("wait", "goes")).state === "running");
  const running = await tasks("list", "wait", "--state", "running");
  expect(running.stdout).toMatch(/^ID +STARTED +ATTEMPTS +PROGRESS\ngoes +\S+Z +1\/3 +-\n$/);
  const delayed = await cli.runOnRedis(["tasks", "list", "wait", "--state", "delayed", "--json"]);
  expect(delayed.json()).toMatchObject({ tasks: [{ id: "waits", runAt: expect.any(Number) }], next: null });
  expect((await tasks("cancel", "wait", "goes", "waits")).stdout).toBe("Cancelled goes, waits of wait\n");
  expect((await cli.client.tasks.wait("wait", "goes")).state).toBe("cancelled");
  // Said twice it is done once; what has ended otherwise cannot be cancelled.
  expect((await tasks("cancel", "wait", "waits", "--json")).json()).toEqual({
    task: "wait",
    cancelled: ["waits"],
  });
  await cli.client.tasks.enqueue("send-mail", { to: "a" }, { id: "ends" });
  await cli.client.tasks.wait("send-mail", "ends");
  await cli.client.tasks.enqueue("send-mail", { to: "a" }, { id: "later", delayMs: 60_000 });
  const partly = await tasks("cancel", "send-mail", "later", "ends");
  expect(partly).toMatchObject({ code: 1, stdout: "Cancelled later of send-mail\n" });
  expect(partly.stderr).toMatch(/^error: TASK_STATE/);
});

test("schedules are listed, paused, resumed and deleted", async () => {
  await cli.client.tasks.schedules.put("send-mail", "nightly", {
    cron: "0 3 * * *",
    timeZone: "Europe/Berlin",
    input: { to: "ada" },
  });
  await cli.client.httpTasks.schedules.put("ping", {
    when: { everyMs: 3_600_000 },
    call: { url: "https://a.example/" },
  });
  const listed = await tasks("schedules", "send-mail");
  expect(listed.stdout).toMatch(
    /^SCHEDULE +WHEN +NEXT +STATE +UNTIL\nnightly +0 3 \* \* \* in Europe\/Berlin +\S+Z +- +-\n$/,
  );
  expect((await tasks("schedules", "--http")).stdout).toMatch(/^ping +every 1h +\S+Z/m);
  expect((await tasks("schedules", "send-mail", "--pause", "nightly")).stdout).toBe(
    "Paused nightly of send-mail\n",
  );
  expect((await tasks("schedules", "send-mail")).stdout).toMatch(/^nightly .* - +paused +-$/m);
  await cli.runOnRedis(["tasks", "schedules", "send-mail", "--resume", "nightly"]);
  const json = await tasks("schedules", "send-mail", "--json");
  expect(json.json().schedules).toMatchObject([{ id: "nightly", paused: false }]);
  expect((await tasks("schedules", "--http", "--delete", "ping", "--yes", "--json")).json()).toEqual({
    schedule: "ping",
    done: "delete",
  });
  expect((await tasks("schedules", "--http")).stderr).toBe("There are no schedules of HTTP tasks\n");
  expect((await tasks("schedules", "send-mail", "--pause", "weekly")).stderr).toMatch(
    /^error: SCHEDULE_NOT_FOUND/,
  );
});

test("a call of an endpoint is shown by its id", async () => {
  const { id } = await cli.client.httpTasks.enqueue({ url: "https://a.example/", delayMs: 3_600_000 });
  const shown = await tasks("show", "--http", id);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^state +waiting\ndue +\S+Z\n$/);
  expect((await cli.runOnRedis(["tasks", "show", "--http", id, "--json"])).json()).toMatchObject({
    id,
    response: null,
  });
});

test.each([
  [["list", "none"], 1, "error: TASK_NOT_FOUND"],
  [["list", "--from", "-1h"], 2, "name it"],
  [["list", "--state", "running"], 2, "name it"],
  [["list", "send-mail", "--state", "cancelled"], 2, "Allowed choices are delayed"],
  [["list", "send-mail", "--state", "running", "--error", "x"], 2, "among runs that failed"],
  [["list", "send-mail", "--from", "soon"], 2, "It is"],
  [["list", "send-mail", "--from", "17"], 2, "It is a time"],
  [["show"], 2, "missing required argument 'task'"],
  [["show", "none"], 1, "error: TASK_NOT_FOUND"],
  [["show", "send-mail", "none"], 1, "error: NOT_FOUND"],
  [["show", "send-mail", "--logs"], 2, "give its id"],
  [["show", "--http", "none"], 1, "error: NOT_FOUND"],
  [["show", "--http", "none", "--follow"], 2, "the id of one call, and nothing else"],
  [["retry", "send-mail"], 2, "say which"],
  [["retry", "send-mail", "one", "--all-failed"], 2, "say which"],
  [["retry", "send-mail", "one", "--error", "x"], 2, "go with --all-failed"],
  [["retry", "send-mail", "--all-failed", "--per-second", "0"], 2, "a whole number from 1"],
  [["cancel", "send-mail"], 2, "missing required argument 'ids'"],
  [["cancel", "send-mail", "none"], 1, "error: NOT_FOUND"],
  [["schedules", "send-mail", "--delete", "nightly"], 2, "--yes is needed"],
  [["schedules"], 2, "name a task, or give --http"],
  [["schedules", "send-mail", "--http"], 2, "name a task, or give --http"],
  [["schedules", "send-mail", "--pause", "a", "--delete", "a"], 2, "exclude each other"],
])("tasks %j is refused", async (argv, code, message) => {
  const ended = await tasks(...argv);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
});

test.each([
  ["list"],
  ["list", "send-mail"],
  ["show", "send-mail"],
  ["show", "send-mail", "one", "--follow"],
  ["retry", "send-mail", "one"],
  ["retry", "send-mail", "--all-failed"],
  ["cancel", "send-mail", "one"],
  ["schedules", "send-mail"],
  ["schedules", "--http", "--pause", "ping"],
])("tasks %s %s %s takes rights", async (...argv) => {
  const ended = await cli.run(["tasks", ...argv], { env: { TIDEGATE_TOKEN: "nobody" } });
  expect(ended).toMatchObject({ code: 4, stdout: "" });
  expect(ended.stderr).toMatch(/^error: FORBIDDEN/);
});
