import { testNamespace } from "@tidegate/testkit";
import { expect, inject, test } from "vitest";
import { readConfig } from "./config.ts";
import { startServer } from "./start-server.ts";

const addresses = inject("clusterUrls").map((url) => new URL(url));

test.each([
  ["nodes separated by commas", addresses.map(({ href }) => href).join(",")],
  ["hosts after the first URL", `redis://${addresses.map(({ host }) => host).join(",")}`],
  ["one node of a cluster", `redis+cluster://${addresses[0]!.host}`],
])("REDIS_URL as %s: messages lie on all of its masters", async (_, url) => {
  const config = readConfig({
    REDIS_URL: url,
    TIDEGATE_NAMESPACE: testNamespace(),
    TIDEGATE_LOG_LEVEL: "silent",
  });
  const server = await startServer({ ...config, port: 0 });
  try {
    const call = async (method: string, path: string, body: unknown) => {
      const response = await fetch(server.url + path, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { leases: { messages: unknown[] }[]; messages: unknown[] };
    };
    await call("PUT", "/v1/topics/spread", { partitions: 12 });
    const messages = Array.from({ length: 12 }, (_, partition) => ({ value: partition, partition }));
    expect((await call("POST", "/v1/topics/spread/messages", { messages })).messages).toHaveLength(12);
    const { leases } = await call("POST", "/v1/topics/spread/groups/g/receive", {});
    expect(leases).toHaveLength(12);
  } finally {
    await server.stop();
  }
});
