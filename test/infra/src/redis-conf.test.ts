import { freePort } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { exampleEnvironment, readCompose } from "./compose-file.ts";
import { readInfra } from "./infra-file.ts";
import { runService } from "./run-service.ts";

const files = {
  compose: { service: "redis", shared: "redis/redis.conf", more: null },
  cluster: { service: "redis-1", shared: "redis/redis.conf", more: "cluster/cluster.conf" },
  sentinel: { service: "redis-1", shared: "redis/redis.conf", more: "sentinel/replicated.conf" },
} as const;

test.each(Object.entries(files))(
  "%s: a Redis runs as its files say, line by line",
  async (name, { service, ...conf }) => {
    const folder = name as keyof typeof files;
    const environment = exampleEnvironment(folder);
    const port = await freePort();
    const running = await runService({
      folder,
      service: readCompose(folder, environment).services[service]!,
      ...(folder === "sentinel"
        ? { environment: { REDIS_PORT: String(port) } }
        : { args: ["--port", String(port), "--cluster-port", String(await freePort())] }),
    });
    onTestFinished(() => running.stop());
    const redis = new Redis({ port, host: "127.0.0.1", password: environment.REDIS_PASSWORD! });
    onTestFinished(() => redis.disconnect());
    const lines = new Map([...linesOf(conf.shared), ...(conf.more === null ? [] : linesOf(conf.more))]);
    // What a container must have otherwise than a machine.
    lines.set("bind", "* -::*").set("maxmemory", environment.REDIS_MAXMEMORY!);
    lines.set("requirepass", environment.REDIS_PASSWORD!);
    for (const [setting, value] of lines) {
      const [, answer] = (await redis.config("GET", setting)) as [string, string];
      expect(inBytes(answer).replace("slave", "replica"), setting).toContain(inBytes(value));
    }
    const stranger = new Redis({ port, host: "127.0.0.1", enableReadyCheck: false, protocol: 2 });
    stranger.on("error", () => {});
    onTestFinished(() => stranger.disconnect());
    await expect(stranger.ping()).rejects.toThrow("NOAUTH");
  },
);

test.each(["redis/redis.conf", "cluster/cluster.conf", "sentinel/replicated.conf", "sentinel/sentinel.conf"])(
  "%s: each line has its reason above it",
  (file) => {
    const blocks = readInfra(file).trim().split(/\n\n+/);
    for (const block of blocks) expect(block).toMatch(/^#/);
  },
);

/** The settings that a file makes. */
function linesOf(file: string): [string, string][] {
  return readInfra(file)
    .split("\n")
    .filter((line) => /^[a-z]/.test(line))
    .map((line) => {
      const [, setting = "", value = ""] = /^(\S+) (.*)$/.exec(line)!;
      return [setting, value === '""' ? "" : value];
    });
}

/** Redis answers in bytes what a file may say in units. */
function inBytes(value: string): string {
  const powers: Record<string, number> = { kb: 10, mb: 20, gb: 30 };
  return value.replace(/\b(\d+)([kmg]b)\b/g, (_, size, unit) => String(Number(size) * 2 ** powers[unit]!));
}
