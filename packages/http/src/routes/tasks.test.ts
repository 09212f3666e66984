import { afterAll, expect, inject, test } from "vitest";
import { testApp } from "../fixtures/test-app.ts";
import { parseTokens } from "../middleware/tokens.ts";

// What stands before who enqueues. The rest is tested with him, on the server and on the Worker.
const open = testApp(inject("redisUrl"));
const guarded = testApp(inject("redisUrl"), {
  tokens: parseTokens("mail=task:send-*;http=task:tidegate.http;publisher=publish:*,consume:*/*;root=admin"),
});
afterAll(() => Promise.all([open.stop(), guarded.stop()]));

const call = { url: "https://a.example/" };
const every = { everyMs: 1000 };

/** Each route with a body that it takes, and whose token is enough. */
const routes: [method: string, path: string, body: object | undefined, token: string][] = [
  ["POST", "/v1/tasks/send-mail", { input: 1 }, "mail"],
  ["POST", "/v1/tasks/send-mail/batch", { tasks: [{ input: 1 }] }, "mail"],
  [
    "POST",
    "/v1/task-flows",
    { task: "send-mail", input: 1, children: [{ task: "send-text", input: 2 }] },
    "mail",
  ],
  ["GET", "/v1/tasks/send-mail", undefined, "mail"],
  ["GET", "/v1/tasks/send-mail/r1", undefined, "mail"],
  ["GET", "/v1/tasks/send-mail/repeat:nightly:1700000000000?waitMs=0", undefined, "mail"],
  ["GET", "/v1/tasks/send-mail/r1/events", undefined, "mail"],
  ["GET", "/v1/tasks/send-mail/r1/logs", undefined, "mail"],
  ["POST", "/v1/tasks/send-mail/r1/cancel", undefined, "mail"],
  ["POST", "/v1/http-tasks", call, "http"],
  ["GET", "/v1/http-tasks/ticket", undefined, "http"],
  ["GET", "/v1/tasks", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/pause", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/resume", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/r1/retry", undefined, "root"],
  ["DELETE", "/v1/tasks/send-mail/r1", undefined, "root"],
  [
    "GET",
    "/v1/tasks/send-mail/failed?from=1&to=2026-01-01T00:00:00Z&error=x&after=y&limit=3",
    undefined,
    "root",
  ],
  ["GET", "/v1/tasks/send-mail/runs?state=waiting&from=3&limit=3", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/failed/retry", { all: true, perSecond: 5 }, "root"],
  ["POST", "/v1/tasks/send-mail/failed/remove", { ids: ["r1", "repeat:nightly:1"] }, "root"],
  ["GET", "/v1/tasks/send-mail/schedules", undefined, "root"],
  ["PUT", "/v1/tasks/send-mail/schedules/nightly", { ...every, input: 1 }, "root"],
  ["GET", "/v1/tasks/send-mail/schedules/nightly", undefined, "root"],
  ["DELETE", "/v1/tasks/send-mail/schedules/nightly", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/schedules/nightly/pause", undefined, "root"],
  ["POST", "/v1/tasks/send-mail/schedules/nightly/resume", undefined, "root"],
  ["GET", "/v1/http-tasks/schedules", undefined, "root"],
  ["PUT", "/v1/http-tasks/schedules/nightly", { when: every, call }, "root"],
  ["GET", "/v1/http-tasks/schedules/nightly", undefined, "root"],
  ["DELETE", "/v1/http-tasks/schedules/nightly", undefined, "root"],
  ["POST", "/v1/http-tasks/schedules/nightly/pause", undefined, "root"],
  ["POST", "/v1/http-tasks/schedules/nightly/resume", undefined, "root"],
];

test("every route of tasks is among these", async () => {
  const { body } = await open.call("GET", "/openapi.json");
  const described = Object.entries(body.paths as Record<string, object>)
    .filter(([path]) => path.startsWith("/v1/tasks") || /^\/v1\/(http-tasks|task-flows)/.test(path))
    .flatMap(([, methods]) => Object.keys(methods));
  expect(described).toHaveLength(routes.length - 1);
});

test.each(routes)(
  "%s %s: who may, and that an app without who enqueues says so",
  async (method, path, body, token) => {
    expect(await open.call(method, path, body)).toMatchObject({
      status: 422,
      body: { code: "NOT_SUPPORTED" },
    });
    const as = async (name: string) =>
      (await guarded.call(method, path, body, name === "" ? {} : { authorization: `Bearer ${name}` })).body
        .code;
    expect(await as("")).toBe("UNAUTHORIZED");
    expect(await as("publisher")).toBe("FORBIDDEN");
    for (const name of ["mail", "http", "root"])
      expect([name, await as(name)]).toEqual([
        name,
        [token, "root"].includes(name) ? "NOT_SUPPORTED" : "FORBIDDEN",
      ]);
  },
);

test("a tree needs a scope for each of its tasks", async () => {
  const flow = { task: "send-mail", input: 1, children: [{ task: "bill", input: 1 }] };
  const answer = await guarded.call("POST", "/v1/task-flows", flow, { authorization: "Bearer mail" });
  expect(answer).toMatchObject({
    status: 403,
    body: { code: "FORBIDDEN", detail: expect.stringContaining("task:bill") },
  });
});

const deep = (levels: number): string =>
  `{"task":"a","input":1,"children":[`.repeat(levels) + "]}".repeat(levels);

test.each([
  ["/v1/tasks/t", "[]", "body"],
  ["/v1/tasks/t", '{"input":1,"colour":1}', "colour"],
  ["/v1/tasks/t", '{"input":1,"delayMs":-1}', "delayMs"],
  ["/v1/tasks/t", '{"input":1,"delayMs":1,"runAt":1}', "runAt"],
  ["/v1/tasks/t", '{"input":1,"runAt":"tomorrow"}', "runAt"],
  ["/v1/tasks/t", '{"input":1,"priority":2097153}', "priority"],
  ["/v1/tasks/t", '{"input":1,"id":"12"}', "id"],
  ["/v1/tasks/t", '{"input":1,"id":"a:b"}', "id"],
  ["/v1/tasks/t", '{"input":1,"throttleMs":5}', "throttleMs"],
  ["/v1/tasks/t", '{"input":1,"callbackUrl":"ftp://a"}', "callbackUrl"],
  ["/v1/tasks/t", `{"input":${"[".repeat(100)}${"]".repeat(100)}}`, "body"],
  ["/v1/tasks/t", '{"input":12345678901234567890}', "input"],
  ["/v1/tasks/a%2Fb", '{"input":1}', "task"],
  [`/v1/tasks/${"t".repeat(101)}`, '{"input":1}', "task"],
  ["/v1/tasks/t/batch", '{"tasks":[]}', "tasks"],
  ["/v1/tasks/t/batch", '{"tasks":[{"input":1},{"input":1,"priority":0}]}', "tasks[1].priority"],
  [
    "/v1/task-flows",
    '{"task":"a","input":1,"children":[{"task":"b","input":1,"delayMs":-1}]}',
    "children[0].delayMs",
  ],
  ["/v1/task-flows", '{"task":"a","input":1,"deduplicationId":"d"}', "deduplicationId"],
  ["/v1/task-flows", deep(1000), "body"],
  ["/v1/tasks/t/failed/retry", "{}", "ids"],
  ["/v1/tasks/t/failed/remove", '{"ids":["a:b"]}', "ids[0]"],
  ["/v1/http-tasks", '{"url":"ftp://a"}', "url"],
  ["/v1/http-tasks", '{"url":"https://a.example","method":"GET","body":1}', "method"],
  ["/v1/http-tasks", '{"url":"https://a.example","headers":{"host":"b"}}', "headers"],
])("POST %s, case %#, is INVALID with its field", async (path, body, field) => {
  const answer = await open.call("POST", path, body);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field } });
});

test.each([
  ["PUT", "/v1/tasks/t/schedules/s", { cron: "* * * * *", everyMs: 1000, input: 1 }, "everyMs"],
  ["PUT", "/v1/tasks/t/schedules/s", { everyMs: 1, input: 1 }, "everyMs"],
  ["PUT", "/v1/tasks/t/schedules/s%20", { everyMs: 1000, input: 1 }, "schedule"],
  ["PUT", "/v1/http-tasks/schedules/s", { when: {}, call }, "when.cron"],
  ["GET", "/v1/tasks/t/failed?from=soon", undefined, "from"],
  ["GET", "/v1/tasks/t/failed?limit=0", undefined, "limit"],
  ["GET", "/v1/tasks/t/failed?since=0", undefined, "since"],
  ["GET", "/v1/tasks/t/runs", undefined, "state"],
  ["GET", "/v1/tasks/t/runs?state=cancelled", undefined, "state"],
  ["GET", "/v1/tasks/t/runs?state=waiting&limit=1001", undefined, "limit"],
  ["GET", "/v1/tasks/t/r1?waitMs=30001", undefined, "waitMs"],
  ["GET", "/v1/tasks//r1", undefined, "task"],
  ["GET", "/v1/tasks/t/", undefined, "id"],
  ["GET", "/v1/tasks/t/schedules/", undefined, "schedule"],
  ["GET", "/v1/http-tasks/", undefined, "id"],
])("%s %s is INVALID with its field", async (method, path, body, field) => {
  const answer = await open.call(method, path, body);
  expect(answer).toMatchObject({ status: 422, body: { code: "INVALID", field } });
});

test("what can be the id of no run is not there", async () => {
  for (const id of ["12", "a:b", "batch", "%00", "é"])
    expect(await open.call("GET", `/v1/tasks/t/${id}`)).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
});
