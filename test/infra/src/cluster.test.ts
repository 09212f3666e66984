import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "@tidegate/embedded-redis";
import { readConfig, startServer } from "@tidegate/server";
import { eventually } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { apiAt } from "./call-api.ts";
import { exampleEnvironment, readCompose } from "./compose-file.ts";
import { infraPath } from "./infra-file.ts";
import { runService } from "./run-service.ts";

const run = promisify(execFile);
const environment = exampleEnvironment("cluster");
const { services } = readCompose("cluster", environment);
const nodes = ["redis-1", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"];
const host = "127.0.0.1";

test("the example: six nodes become a cluster, once, and a killed master's replica takes over", async () => {
  const ports = await Promise.all(nodes.map(async () => [await freePort(), await freePort()] as const));
  const addresses = Object.fromEntries(
    nodes.map((name, index) => [`${addressOf(name)}:6379`, `${host}:${ports[index]![0]}`]),
  );
  const running = await Promise.all(
    nodes.map((name, index) =>
      runService({
        folder: "cluster",
        service: services[name]!,
        args: ["--port", String(ports[index]![0]), "--cluster-port", String(ports[index]![1])],
      }),
    ),
  );
  onTestFinished(async () => void (await Promise.all(running.map((node) => node.stop()))));

  const { create, server: service } = services;
  const here = (text: string) =>
    Object.entries(addresses).reduce(
      (replaced, [there, address]) => replaced.replaceAll(there, address),
      text,
    );
  const script = infraPath(join("cluster", create!.entrypoint![1]!.replace("/etc/tidegate/", "")));
  const makeCluster = () =>
    run("sh", [script, ...create!.command!.map(here)], { env: { ...process.env, ...create!.environment } });
  expect((await makeCluster()).stdout).toContain("All 16384 slots covered");
  expect((await makeCluster()).stdout).toBe("");

  const config = readConfig({
    ...service!.environment,
    REDIS_URL: here(service!.environment!.REDIS_URL!),
    TIDEGATE_LOG_LEVEL: "silent",
  });
  const server = await startServer({ ...config, port: 0 });
  onTestFinished(() => server.stop());
  const call = apiAt(server.url, environment.TIDEGATE_ADMIN_TOKEN!);
  await eventually(
    "a topic on all masters",
    async () => (await call("PUT", "/v1/topics/orders", { partitions: 12 })).status < 300,
  );
  const messages = Array.from({ length: 12 }, (_, partition) => ({ value: partition, partition }));
  const publish = async () =>
    (await call("POST", "/v1/topics/orders/messages", { messages, acks: "replicas" })).status;
  await eventually("its replica has each", async () => (await publish()) === 202, 60_000);

  await running[0]!.process.stop("SIGKILL");
  await eventually(
    "all partitions are written again",
    async () => {
      const body = { messages };
      return (await call("POST", "/v1/topics/orders/messages", body)).status === 202;
    },
    60_000,
  );
});

function addressOf(name: string): string {
  return (services[name]!.networks as Record<string, { ipv4_address: string }>).redis!.ipv4_address;
}
