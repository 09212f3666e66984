import { Client } from "@tidegate/client";
import { Engine } from "@tidegate/core";
import { startServer } from "@tidegate/server";
import { testNamespace } from "@tidegate/testkit";
import { clientTracing } from "@tidegate/tracing";
import { Redis } from "ioredis";
import { afterAll, beforeAll, inject } from "vitest";

/** A server in this process, which pushes to loopback; one for all tests of a file. */
export function runningServer() {
  const namespace = testNamespace();
  const redisUrl = inject("redisUrl");
  const running = {
    url: "",
    namespace,
    redis: null as unknown as Redis,
    /** An application's own engine, beside the server's. */
    engine: null as unknown as Engine,
    /** A client whose calls are traced. */
    client: null as unknown as Client,
  };
  let stop = async () => {};
  beforeAll(async () => {
    const server = await startServer({
      ...{ port: 0, host: "127.0.0.1", redisUrl, namespace, dataDir: ".tidegate", tokens: null },
      logLevel: "error",
      push: { allow: ["127.0.0.0/8"], concurrency: 10 },
    });
    running.url = server.url;
    running.redis = new Redis(redisUrl);
    running.engine = new Engine({ redis: running.redis, namespace });
    running.client = new Client({ url: server.url, tracing: clientTracing });
    await running.engine.start();
    stop = async () => {
      await server.stop();
      await running.engine.stop();
      running.redis.disconnect();
    };
  });
  afterAll(() => stop());
  return running;
}

let made = 0;
/** A name that no other test of the file has. */
export const uniqueName = (what: string): string => `${what}-${++made}`;
