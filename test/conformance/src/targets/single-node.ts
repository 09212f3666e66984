import { randomUUID } from "node:crypto";
import { Engine } from "@tidegate/core";
import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { engineSystem, type OwnedEngine } from "../engine-system.ts";
import type { System } from "../system.ts";
import type { RunningTarget, Target } from "../target.ts";
import { startDispatcher } from "./start-dispatcher.ts";

/** The engine on one Redis. */
export const singleNode: Target = {
  name: "single node",
  can: { headerList: true, stockUnits: true, anyName: true, wakes: true },
  async start() {
    const redisUrl = inject("redisUrl");
    const open = engineOpener(redisUrl, testNamespace());
    const system = await engineSystem(open);
    const stopPush = await startDispatcher(open);
    return {
      system,
      topicName: async () => uniqueName(),
      ...directly(redisUrl),
      async stop() {
        await stopPush();
        await system.close();
      },
    };
  },
};

/** Engines on one Redis, each with its own connection. */
export function singleNodeSystem(url: string, namespace: string): Promise<System> {
  return engineSystem(engineOpener(url, namespace));
}

function engineOpener(url: string, namespace: string): () => Promise<OwnedEngine> {
  return async () => {
    const redis = new Redis(url);
    const engine = new Engine({ redis, namespace });
    await engine.start();
    return {
      engine,
      async close() {
        await engine.stop();
        redis.disconnect();
      },
    };
  };
}

/** A name that nothing else has. */
export function uniqueName(): string {
  return `t-${randomUUID().slice(0, 13)}`;
}

/** What a target on one Redis asks of it directly. */
export function directly(url: string): Pick<RunningTarget, "keys" | "flushScripts"> {
  const ask = async <T>(run: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(url);
    try {
      return await run(redis);
    } finally {
      redis.disconnect();
    }
  };
  return {
    keys: (text) => ask((redis) => redis.keys(`*${text}*`)),
    flushScripts: () => ask(async (redis) => void (await redis.script("FLUSH"))),
  };
}
