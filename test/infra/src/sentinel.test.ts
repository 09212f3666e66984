import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@tidegate/embedded-redis";
import { readConfig, startServer } from "@tidegate/server";
import { eventually } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { apiAt } from "./call-api.ts";
import { exampleEnvironment, readCompose } from "./compose-file.ts";
import { type RunningService, runService } from "./run-service.ts";

const environment = exampleEnvironment("sentinel");
const { services } = readCompose("sentinel", environment);
const nodes = ["redis-1", "redis-2", "redis-3"];
const sentinels = ["sentinel-1", "sentinel-2", "sentinel-3"];
const host = "127.0.0.1";

test("the example: a master that hangs is replaced, nothing of it is lost, and each keeps its role over a restart", async () => {
  const { running, masterIndex, call } = await startExample();
  await eventually("a replica has them", () => publish(call, ["a", "b"]), 60_000);

  const former = await masterIndex();
  process.kill(running[former]!.process.pid, "SIGSTOP");
  await eventually("another one is the master", async () => (await masterIndex()) !== former, 60_000);
  await eventually("which is written to", () => publish(call, ["c"]), 60_000);
  process.kill(running[former]!.process.pid, "SIGCONT");
  await eventually(
    "what each would be after a restart is what it is",
    async () => {
      const master = await masterIndex();
      return running.every(({ data }, index) => saysReplica(data) === (index !== master));
    },
    60_000,
  );

  await Promise.all(running.map((node) => node.restart()));
  await eventually(
    "all is read again",
    async () => {
      const { body } = await call("GET", "/v1/topics/orders/partitions/0/messages?from=earliest");
      const values = new Set(body.messages?.map(({ value }: { value: string }) => value));
      return ["a", "b", "c"].every((value) => values.has(value));
    },
    60_000,
  );
  await eventually("and written", () => publish(call, ["d"]), 60_000);
});

/** The three nodes, the three Sentinels, and a server that asks them; stopped when the test has ended. */
async function startExample() {
  const ports = Object.fromEntries(
    await Promise.all([...nodes, ...sentinels].map(async (name) => [name, await freePort()] as const)),
  );
  const running = await startNodes(ports);
  await startSentinels(ports);
  const watch = client(ports["sentinel-1"]!, environment.SENTINEL_PASSWORD!);
  await eventually(
    "the Sentinels know each other and both replicas",
    async () => {
      const master = pairs(await watch.call("SENTINEL", "MASTER", "tidegate"));
      return master.get("num-slaves") === "2" && master.get("num-other-sentinels") === "2";
    },
    60_000,
  );
  const variables = services.server!.environment!;
  const url = Object.entries(loopbackAddresses(ports)).reduce(
    (text, [there, address]) => text.replaceAll(there, address),
    variables.REDIS_URL!,
  );
  const config = readConfig({ ...variables, REDIS_URL: url, TIDEGATE_LOG_LEVEL: "silent" });
  const server = await startServer({ ...config, port: 0 });
  onTestFinished(() => server.stop());
  const call = apiAt(server.url, environment.TIDEGATE_ADMIN_TOKEN!);
  await eventually(
    "the replicas are in step, so that the master may be written to",
    async () => (await call("PUT", "/v1/topics/orders", { partitions: 1 })).status < 300,
    60_000,
  );
  /** Which of the nodes the Sentinels call the master. */
  const masterIndex = async () => {
    const address = await watch.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "tidegate");
    return nodes.findIndex((name) => ports[name] === Number((address as [string, string])[1]));
  };
  return { running, masterIndex, call };
}

async function startNodes(ports: Record<string, number>): Promise<RunningService[]> {
  const running = await Promise.all(
    nodes.map((name) =>
      runService({
        folder: "sentinel",
        service: withMaster(name, ports),
        environment: { REDIS_PORT: String(ports[name]) },
      }),
    ),
  );
  onTestFinished(async () => void (await Promise.all(running.map((node) => node.stop()))));
  // A Sentinel asks for the replicas at once, and then only every 10 s.
  const first = client(ports["redis-1"]!, environment.REDIS_PASSWORD!);
  await eventually(
    "both replicas follow",
    async () => (await first.info("replication")).includes("connected_slaves:2"),
    60_000,
  );
  return running;
}

async function startSentinels(ports: Record<string, number>): Promise<void> {
  const running = await Promise.all(
    sentinels.map((name) =>
      runService({
        folder: "sentinel",
        service: services[name]!,
        readyLine: "Sentinel ID is",
        edit: (folder) => ofThisMachine(join(folder, "sentinel.conf"), ports, ports[name]!),
      }),
    ),
  );
  onTestFinished(async () => void (await Promise.all(running.map((sentinel) => sentinel.stop()))));
}

/** Whether it was admitted, and a replica has it. */
async function publish(call: ReturnType<typeof apiAt>, values: string[]): Promise<boolean> {
  const messages = values.map((value) => ({ value }));
  return (await call("POST", "/v1/topics/orders/messages", { messages, acks: "replicas" })).status === 202;
}

function client(port: number, password: string): Redis {
  const redis = new Redis({ port, host, password });
  redis.on("error", () => {});
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** `172.31.77.11` → loopback and the port of the service that has this address. */
function loopbackAddresses(ports: Record<string, number>): Record<string, string> {
  return Object.fromEntries(
    [...nodes, ...sentinels].map((name) => [addressOf(name), `${host}:${ports[name]}`] as const),
  );
}

function addressOf(name: string): string {
  return (services[name]!.networks as Record<string, { ipv4_address: string }>).redis!.ipv4_address;
}

/** A node's service; the master's address and port are words of their own there. */
function withMaster(name: string, ports: Record<string, number>) {
  const service = services[name]!;
  const entrypoint = service.entrypoint!.map((word) =>
    word === addressOf("redis-1") ? host : word === "6379" ? String(ports["redis-1"]) : word,
  );
  return { ...service, entrypoint };
}

/** The file's own lines, with this machine's ports, and less patience: a vote that nobody won is soon repeated. */
function ofThisMachine(path: string, ports: Record<string, number>, port: number): void {
  const text = readFileSync(path, "utf8");
  const edited = text
    .replace(/^port 26379$/m, `port ${port}`)
    .replace(`${addressOf("redis-1")} 6379`, `${host} ${ports["redis-1"]}`)
    .replace("down-after-milliseconds tidegate 5000", "down-after-milliseconds tidegate 3000")
    .replace("failover-timeout tidegate 30000", "failover-timeout tidegate 5000");
  expect(edited.split("\n").filter((line, index) => line !== text.split("\n")[index])).toHaveLength(4);
  writeFileSync(path, edited);
}

/** What the node would be after a restart. */
function saysReplica(data: string): boolean {
  return /^replicaof /m.test(readFileSync(join(data, "redis.conf"), "utf8"));
}

function pairs(answer: unknown): Map<string, string> {
  const words = answer as string[];
  return new Map(
    words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]!] as const] : [])),
  );
}
