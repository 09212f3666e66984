import { type ErrorCode, errorTable, limits, type Problem } from "@tidegate/contracts";
import { expect } from "vitest";
import type { Area, Stage } from "../story.ts";
import { numbered } from "../text.ts";

/** What only HTTP can say wrongly, and the shape of its answers. */
export const wire: Area = ({ story }) => {
  story("100,000 messages in one request are refused", {}, async (stage) => {
    const body = { messages: numbered(100_000).map((value) => ({ value })) };
    await expectProblem(
      publish(stage, JSON.stringify(body)),
      "REQUEST_TOO_LARGE",
      "messages",
      limits.requestMessages,
    );
    await expectProblem(
      publish(stage, JSON.stringify({ messages: body.messages.slice(0, 1001) })),
      "REQUEST_TOO_LARGE",
      "messages",
      1000,
    );
    const most = await publish(stage, JSON.stringify({ messages: body.messages.slice(0, 1000) }));
    expect(most.status).toBe(202);
    expect(((await most.json()) as { messages: unknown[] }).messages).toHaveLength(1000);
  });

  story("a body over 8 MiB is refused", {}, async (stage) => {
    const body = JSON.stringify({ messages: [{ value: "x".repeat(limits.requestBytes) }] });
    await expectProblem(publish(stage, body), "REQUEST_TOO_LARGE", undefined, limits.requestBytes);
    expect((await stage.system.describeTopic(stage.topic)).partitionStates).toMatchObject([{ end: 0 }]);
  });

  story("what is not JSON is refused as that", {}, async (stage) => {
    for (const body of [
      "",
      "{",
      "{'messages':[]}",
      '{"messages":[{"value":NaN}]}',
      '{"messages":[{"value":1}]}}',
      "\ufeff{",
      "[".repeat(100_000),
    ])
      await expectProblem(publish(stage, body), "INVALID_JSON");
    await expectProblem(publish(stage, Uint8Array.of(0x22, 0xff, 0x22)), "INVALID_JSON");
    await expectProblem(ask(stage, "PUT", `topics/${stage.topic}`, "{"), "INVALID_JSON");
  });

  story("what is JSON of another shape names its field", {}, async (stage) => {
    const refused: [string, string][] = [
      ["null", "body"],
      ["[]", "body"],
      ["{}", "messages"],
      ['{"messages":{}}', "messages"],
      ['{"messages":[]}', "messages"],
      ['{"messages":[1]}', "messages[0]"],
      ['{"messages":[{}]}', "messages[0].value"],
      ['{"messages":[{"value":1},{"value":1,"delayMs":-1}]}', "messages[1].delayMs"],
      ['{"messages":[{"value":1,"delayMs":"soon"}]}', "messages[0].delayMs"],
      ['{"messages":[{"value":1,"partition":1e15}]}', "messages[0].partition"],
      ['{"messages":[{"value":1,"partition":-1}]}', "messages[0].partition"],
      ['{"messages":[{"value":1,"key":7}]}', "messages[0].key"],
      ['{"messages":[{"value":1,"headers":{"a":1}}]}', "messages[0].headers.a"],
      ['{"messages":[{"valueBase64":"%"}]}', "messages[0].valueBase64"],
      ['{"messages":[{"value":1}],"more":1}', "more"],
      ['{"messages":[{"value":12345678901234567890}]}', "messages[0].value"],
      ['{"messages":[{"value":{"deep":[1e999]}}]}', "messages[0].value.deep[0]"],
      [`{"messages":[{"value":${"[".repeat(101)}${"]".repeat(101)}}]}`, "messages[0].value"],
      ['{"messages":[{"value":"\\ud800"}],"acks":"leader"}', ""],
    ];
    for (const [body, field] of refused) {
      // A lone surrogate inside JSON is JSON: it stays one.
      if (field === "") expect((await publish(stage, body)).status).toBe(202);
      else await expectProblem(publish(stage, body), "INVALID", field);
    }
    expect((await stage.system.describeTopic(stage.topic)).partitionStates).toMatchObject([{ end: 1 }]);
  });

  story("JSON values and texts come back as they were", {}, async (stage) => {
    const values = [null, true, 0, -1.5, "déjà 🌊", [], { a: [{ b: null }] }, 9007199254740991];
    const sent = values.map((value) => ({ value }));
    const texts = [{ value: "plain", headers: { "content-type": "text/plain" } }];
    expect((await publish(stage, JSON.stringify({ messages: [...sent, ...texts] }))).status).toBe(202);
    const answer = await ask(stage, "GET", `topics/${stage.topic}/partitions/0/messages?from=earliest`);
    const { messages } = (await answer.json()) as { messages: { value: unknown }[] };
    expect(messages.map(({ value }) => value)).toEqual([...values, "plain"]);
  });

  story("any other content type is the value itself", {}, async (stage) => {
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const headers = {
      "content-type": "application/octet-stream",
      "tidegate-key": "k",
      "idempotency-key": "once",
    };
    for (const duplicate of [undefined, true]) {
      const answer = await ask(stage, "POST", `topics/${stage.topic}/messages`, body, headers);
      expect(answer.status).toBe(202);
      const { messages } = (await answer.json()) as { messages: object[] };
      expect(messages).toMatchObject([{ partition: 0, offset: 0, ...(duplicate && { duplicate }) }]);
    }
    const [stored] = (await stage.system.read(stage.topic, 0, { from: 0 })).messages;
    expect([...stored!.value!]).toEqual([...body]);
    expect(Buffer.from(stored!.key!).toString()).toBe("k");
  });

  story(
    "a publish that was partly admitted tells each outcome",
    { gate: { id: "sale", stock: 1 } },
    async (stage) => {
      const some = JSON.stringify({ messages: [{ value: 1 }, { value: 2 }] });
      const partly = await expectProblem(publish(stage, some), "PARTLY_ADMITTED");
      expect(partly.messages).toMatchObject([
        { partition: 0, offset: 0 },
        { code: "SOLD_OUT", retryable: false },
      ]);
      const none = await expectProblem(publish(stage, some), "SOLD_OUT");
      expect(none.messages).toMatchObject([{ code: "SOLD_OUT" }, { code: "SOLD_OUT" }]);
    },
  );

  story(
    "who meets a full backlog is told when to come back",
    { gate: { id: "line", capacity: 0 } },
    async (stage) => {
      const response = await publish(stage, JSON.stringify({ messages: [{ value: 1 }] }));
      expect(response.headers.get("retry-after")).toMatch(/^[1-9][0-9]*$/);
      const problem = await expectProblem(Promise.resolve(response), "BACKLOG_FULL");
      expect(problem.retryAfterMs).toBeGreaterThan(0);
    },
  );

  story("nobody is let in without a token, and unknown addresses are none", {}, async (stage) => {
    const url = `${stage.http!.url}/v1/topics/${stage.topic}`;
    await expectProblem(fetch(url), "UNAUTHORIZED");
    await expectProblem(fetch(url, { headers: { authorization: "Bearer guess" } }), "UNAUTHORIZED");
    await expectProblem(ask(stage, "GET", "nowhere"), "NOT_FOUND");
    await expectProblem(ask(stage, "PATCH", `topics/${stage.topic}`), "METHOD_NOT_ALLOWED");
    await expectProblem(
      ask(stage, "GET", `topics/${stage.topic}/partitions/0/messages?frm=1`),
      "INVALID",
      "frm",
    );
    await expectProblem(
      ask(stage, "GET", `topics/${stage.topic}/partitions/x/messages`),
      "INVALID",
      "partition",
    );
  });
};

function ask(
  { http }: Stage,
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<Response> {
  const authorization = `Bearer ${http!.token}`;
  return fetch(`${http!.url}/v1/${path}`, {
    method,
    headers: { ...headers, authorization },
    ...(body !== undefined && { body: body as BodyInit }),
  });
}

function publish(stage: Stage, body: string | Uint8Array): Promise<Response> {
  return ask(stage, "POST", `topics/${stage.topic}/messages`, body);
}

/** Asserts a problem document of the table, with its status; answers it. */
async function expectProblem(
  call: Promise<Response>,
  code: ErrorCode,
  field?: string,
  limit?: number,
): Promise<Problem> {
  const response = await call;
  const problem = (await response.json()) as Problem;
  const { status, retryable, title } = errorTable[code];
  expect(problem).toMatchObject({
    code,
    status,
    retryable,
    title,
    ...(field !== undefined && { field }),
    ...(limit !== undefined && { limit }),
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([
    status,
    "application/problem+json",
  ]);
  return problem;
}
