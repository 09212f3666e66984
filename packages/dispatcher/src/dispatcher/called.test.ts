import { expect, test } from "vitest";
import { answers, type Behaviour, endpoint } from "../fixtures/endpoint.ts";
import { post } from "../fixtures/post.ts";
import { TaskOffice } from "../fixtures/task-office.ts";

const breaksOff: Behaviour = (_heard, response) => response.destroy();
const elsewhere = answers(302, { location: "https://other.example/" });

test.each<[string, Behaviour, string, number | null]>([
  ["takes it", answers(200), "answered", 200],
  ["fails", answers(500), "failed", 500],
  ["refuses it for ever", answers(400, { "tidegate-retry": "never" }), "rejected", 400],
  ["has no time", answers(503), "busy", 503],
  ["breaks off", breaksOff, "failed", null],
  ["sends to another host", elsewhere, "failed", null],
])("each call is told with what it came to: an endpoint that %s", async (_name, behaviour, came, status) => {
  const office = await post();
  const shop = await endpoint(behaviour);
  await office.group("billing", shop.url);
  const { events } = office.dispatch();
  const called = events.next("called");
  await office.engine.append(office.topic, [{ value: Buffer.from("1") }]);
  expect(await called).toEqual({
    ...{ type: "called", topic: office.topic, group: "billing", messages: 1 },
    ...{ came, status, ms: expect.any(Number) },
  });
});

test("a call that reaches nobody is told without a status", async () => {
  const office = await post();
  const shop = await endpoint();
  const { url } = shop;
  await shop.close();
  await office.group("billing", url);
  const { events } = office.dispatch();
  const called = events.next("called");
  await office.engine.append(office.topic, [{ value: Buffer.from("1") }]);
  expect(await called).toMatchObject({ came: "unreached", status: null });
});

test("so are calls of HTTP tasks", async () => {
  const office = await new TaskOffice().open();
  const shop = await endpoint(answers(201));
  const { events } = office.dispatch();
  const called = events.next("called");
  await office.enqueue({ url: shop.url });
  expect(await called).toMatchObject({ messages: 1, came: "done", status: 201, ms: expect.any(Number) });
});
