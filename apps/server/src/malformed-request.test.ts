import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { testNamespace } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type RunningServer, startServer } from "./start-server.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    ...{ port: 0, host: "127.0.0.1", redisUrl: inject("redisUrl"), namespace: testNamespace() },
    ...{ dataDir: "", tokens: null, logLevel: "silent" },
  });
});
afterAll(() => server.stop());

/** What is answered to bytes behind which the caller says no more. */
async function answerTo(bytes: string): Promise<{ status: number; body: string; type: string | undefined }> {
  const socket = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1", allowHalfOpen: true });
  socket.end(bytes);
  const [head, body] = (await text(socket)).split("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1.1 (\d{3}) /.exec(head!)?.[1]),
    body: body!,
    type: /content-type: (\S+)/i.exec(head!)?.[1],
  };
}

const host = "Host: localhost\r\n";
test.each([
  ["no HTTP", "MALFORMED_REQUEST", "hello there\r\n\r\n"],
  ["no Host", "MALFORMED_REQUEST", "GET /healthz HTTP/1.1\r\n\r\n"],
  ["a Host that is none", "MALFORMED_REQUEST", "GET /healthz HTTP/1.1\r\nHost: [\r\n\r\n"],
  ["a target that is no path", "MALFORMED_REQUEST", `GET x HTTP/1.1\r\n${host}\r\n`],
  [
    "a body cut short",
    "MALFORMED_REQUEST",
    `PUT /v1/topics/a HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{}`,
  ],
  [
    "a publish cut short",
    "MALFORMED_REQUEST",
    `POST /v1/topics/a/messages HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{}`,
  ],
  [
    "a chunk without a size",
    "MALFORMED_REQUEST",
    `PUT /v1/topics/a HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz`,
  ],
  ["a long head", "REQUEST_TOO_LARGE", `GET /healthz HTTP/1.1\r\n${host}Long: ${"x".repeat(20_000)}\r\n\r\n`],
  ["CONNECT", "METHOD_NOT_ALLOWED", `CONNECT /healthz HTTP/1.1\r\n${host}\r\n`],
])("%s is answered with a problem document", async (_, code, bytes) => {
  const { status, body, type } = await answerTo(bytes);
  expect(type).toBe("application/problem+json");
  expect(JSON.parse(body)).toMatchObject({ code, status });
});

test.each([`CONNECT /healthz HTTP/1.1\r\n${host}\r\n`, "hello there\r\n\r\n"])(
  "a caller who does not let go after %j keeps no server from stopping",
  async (bytes) => {
    const other = await startServer({
      ...{ port: 0, host: "127.0.0.1", redisUrl: inject("redisUrl"), namespace: testNamespace() },
      ...{ dataDir: "", tokens: null, logLevel: "silent" },
    });
    const socket = connect({ port: Number(new URL(other.url).port), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.write(bytes);
    await once(socket, "data");
    const startedAt = performance.now();
    await other.stop();
    expect(performance.now() - startedAt).toBeLessThan(25_000);
    socket.destroy();
  },
);

test("an expectation that nobody knows is passed over", async () => {
  const answer = await answerTo(
    `GET /healthz HTTP/1.1\r\n${host}Expect: the-unexpected\r\nConnection: close\r\n\r\n`,
  );
  expect(answer.status).toBe(200);
});

test("a deletion whose body is cut short deletes nothing, whoever asked for a body", async () => {
  const at = `${server.url}/v1/topics/kept`;
  await fetch(at, { method: "PUT", body: "{}" });
  const { body } = await answerTo(`DELETE /v1/topics/kept HTTP/1.1\r\n${host}Content-Length: 12\r\n\r\n+1`);
  expect(JSON.parse(body).code).toBe("MALFORMED_REQUEST");
  expect((await fetch(at)).status).toBe(200);
  expect((await fetch(at, { method: "DELETE", body: "as declared" })).status).toBe(204);
});
