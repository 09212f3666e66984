import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyPush } from "@tidegate/client/push";
import { eventually, testNamespace } from "@tidegate/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { type ServerProcess, startProcess } from "./fixtures/server-process.ts";

interface Pushed {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
}

/** A function on this machine. */
async function functionThat(answer: (response: ServerResponse) => unknown) {
  const pushed: Pushed[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      pushed.push({ headers: request.headers, raw: Buffer.concat(chunks).toString() });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { pushed, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/f` };
}

async function start(environment: Record<string, string>, url: string): Promise<ServerProcess> {
  const server = await startProcess({
    REDIS_URL: inject("redisUrl"),
    TIDEGATE_NAMESPACE: testNamespace(),
    TIDEGATE_PUSH_ALLOW: new URL(url).host,
    ...environment,
  });
  onTestFinished(async () => void (await server.end("SIGKILL")));
  await server.call("PUT", "/v1/topics/orders", { partitions: 1 });
  const { status } = await server.call("PUT", "/v1/topics/orders/groups/f", { push: { url } });
  expect(status).toBe(201);
  return server;
}

const publish = (server: ServerProcess, value: unknown) =>
  server.call("POST", "/v1/topics/orders/messages", { messages: [{ value }] });

test("a server pushes by itself, signed with the keys that it shows", async () => {
  const shop = await functionThat((response) => response.writeHead(204).end());
  const server = await start({}, shop.url);
  await publish(server, { total: 5 });
  await eventually("it is pushed", () => shop.pushed.length === 1);
  const { body: keys } = await server.call("GET", "/v1/signing-keys");
  const { headers, raw } = shop.pushed[0]!;
  const push = await verifyPush(
    { headers: headers as Record<string, string>, body: raw },
    { keys: [keys.current, keys.next] },
  );
  expect(push.messages[0]!.json()).toEqual({ total: 5 });
  await eventually("it is acknowledged", async () => {
    const { body } = await server.call("GET", "/v1/topics/orders/groups/f");
    return body.lag === 0;
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const place = 'messaging_destination_name="orders",messaging_consumer_group_name="f"';
  expect(metrics).toContain(`\ntidegate_push_calls_total{${place},http_response_status_code="204"} 1\n`);
  expect(metrics).toContain(`\ntidegate_settled_messages_total{${place},outcome="acknowledged"} 1\n`);
});

test("configured keys sign", async () => {
  const shop = await functionThat((response) => response.writeHead(204).end());
  const [current, next] = ["a", "b"].map((letter) => `whsec_${letter.repeat(32)}`) as [string, string];
  const server = await start({ TIDEGATE_SIGNING_KEYS: `${current},${next}` }, shop.url);
  await publish(server, 1);
  await eventually("it is pushed", () => shop.pushed.length === 1);
  const { headers, raw } = shop.pushed[0]!;
  const source = { headers: headers as Record<string, string>, body: raw };
  expect(await verifyPush(source, { keys: [current, next] })).toMatchObject({ group: "f" });
  expect((await server.call("GET", "/v1/signing-keys")).body).toEqual({ current, next });
  expect((await server.call("POST", "/v1/signing-keys/rotate")).body.code).toBe("NOT_SUPPORTED");
});

test("a call under way at SIGTERM is waited for, and its message acknowledged", async () => {
  const open = Promise.withResolvers<void>();
  const shop = await functionThat(async (response) => {
    await open.promise;
    response.writeHead(204).end();
  });
  const namespace = testNamespace();
  const server = await start({ TIDEGATE_NAMESPACE: namespace }, shop.url);
  await publish(server, 1);
  await eventually("it is called", () => shop.pushed.length === 1);
  const ended = server.end("SIGTERM");
  open.resolve();
  expect(await ended).toBe(0);
  const next = await startProcess({
    REDIS_URL: inject("redisUrl"),
    TIDEGATE_NAMESPACE: namespace,
    TIDEGATE_PUSH: "off",
  });
  onTestFinished(async () => void (await next.end("SIGKILL")));
  const { body } = await next.call("GET", "/v1/topics/orders/groups/f");
  expect(body).toMatchObject({ lag: 0, inFlight: 0, retrying: 0 });
});
