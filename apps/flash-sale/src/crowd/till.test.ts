import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Till } from "./till.ts";

const order = { id: "ada-a", buyer: "ada" };

/** A till before a server that answers as it is told. */
async function tillBefore(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const till = new Till(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "orders", 4);
  onTestFinished(() => {
    till.close();
    server.closeAllConnections();
    server.close();
  });
  return till;
}

const answering = (status: number, body: string) =>
  tillBefore((request, response) => {
    request.resume().once("end", () => response.writeHead(status).end(body));
  });

test("an order goes to its topic, keyed by its buyer, under its own idempotency key", async () => {
  let seen = "";
  const till = await tillBefore((request, response) => {
    seen = `${request.method} ${request.url} `;
    request.on("data", (part) => {
      seen += part;
    });
    request.once("end", () => response.writeHead(202).end('{"messages":[{"partition":0,"offset":7}]}'));
  });
  expect(await till.post(order)).toMatchObject({ kind: "accepted", partition: 0, offset: 7 });
  expect(seen).toBe(
    'POST /v1/topics/orders/messages {"messages":[{"key":"ada","value":{"order":"ada-a"},"idempotencyKey":"ada-a"}]}',
  );
});

test.each([
  ["a refusal for good", 409, { code: "SOLD_OUT", retryable: false }, "SOLD_OUT", null],
  ["for now", 503, { code: "OVERLOADED", retryable: true, retryAfterMs: 250 }, "OVERLOADED", 250],
  ["for now, without a time", 503, { code: "OVERLOADED", retryable: true }, "OVERLOADED", 100],
  ["by somebody else", 502, "Bad Gateway", "HTTP_502", null],
])("refused: %s", async (_, status, body, code, retryAfterMs) => {
  const till = await answering(status, JSON.stringify(body));
  expect(await till.post(order)).toEqual({ kind: "refused", code, retryAfterMs });
});

test("an acceptance without a place is no acceptance", async () => {
  expect(await (await answering(202, "{}")).post(order)).toMatchObject({ kind: "failed" });
});

test("a connection that breaks is a failure", async () => {
  const till = await tillBefore((request) => request.socket.destroy());
  expect(await till.post(order)).toMatchObject({ kind: "failed" });
});

test("hanging up in the middle leaves half a request, before the answer a whole one", async () => {
  const whole: Promise<boolean>[] = [];
  const till = await tillBefore((request) => {
    const ended = once(request.resume(), "end").then(
      () => true,
      () => false,
    );
    whole.push(ended);
  });
  await till.leave(order, "half");
  await till.leave(order, "all");
  await expect.poll(() => whole.length).toBe(2);
  expect(await Promise.all(whole)).toEqual([false, true]);
});
