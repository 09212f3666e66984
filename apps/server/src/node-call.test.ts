import { testNamespace } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type RunningServer, startServer } from "./start-server.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    ...{ port: 0, host: "127.0.0.1", redisUrl: inject("redisUrl"), namespace: testNamespace() },
    ...{ dataDir: "", tokens: null, logLevel: "silent" },
  });
  await server.engine.topics.put("bytes", { partitions: 1 });
});
afterAll(() => server.stop());

const path = "/v1/topics/bytes/messages";
/** The same route, but written so that it goes through the app. */
const throughApp = `${path}?`;
const eightMebibytes = 8 * 1024 * 1024;

/** A body whose length is not declared, so that it is sent in chunks. */
function streamOf(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(left, 100_000));
      left -= chunk.length;
      if (chunk.length === 0) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

const post = (body: BodyInit | ReadableStream, to = path) =>
  fetch(server.url + to, { method: "POST", body, duplex: "half" } as RequestInit);

test.each([
  ["declared", () => new Uint8Array(eightMebibytes + 1)],
  ["not declared", () => streamOf(eightMebibytes + 1)],
])("a body over 8 MiB whose length is %s is refused", async (_, body) => {
  for (const to of [path, throughApp]) {
    const response = await post(body(), to);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      code: "REQUEST_TOO_LARGE",
      field: "body",
      limit: eightMebibytes,
    });
  }
});

test.each([0, 1, 65_536, 65_537, 1_000_000])(
  "a body of %i bytes arrives whole, declared or not",
  async (size) => {
    for (const body of [new Uint8Array(size).fill(7), streamOf(size)]) {
      const response = await post(body);
      expect(response.status).toBe(202);
      const { messages } = (await response.json()) as { messages: [{ offset: number }] };
      const { messages: stored } = await server.engine.read("bytes", 0, {
        from: messages[0].offset,
        limit: 1,
      });
      expect(stored[0]!.value?.length).toBe(size);
    }
  },
);

test("a server stops once, however often it is asked", async () => {
  const other = await startServer({
    ...{ port: 0, host: "::1", redisUrl: inject("redisUrl"), namespace: testNamespace() },
    ...{ dataDir: "", tokens: null, logLevel: "silent" },
  });
  expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
  await Promise.all([other.stop(), other.stop()]);
  await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
});
