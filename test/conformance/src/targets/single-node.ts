import { randomUUID } from "node:crypto";
import { Engine } from "@tidegate/core";
import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { engineSystem } from "../engine-system.ts";
import type { System } from "../system.ts";
import type { Target } from "../target.ts";

/** The engine on one Redis. */
export const singleNode: Target = {
  name: "single node",
  can: { headerList: true, stockUnits: true, anyName: true, wakes: true },
  async start() {
    const system = await singleNodeSystem(inject("redisUrl"), testNamespace());
    return {
      system,
      topicName: async () => uniqueName(),
      keys: (text) => keysWith(text, inject("redisUrl")),
      stop: () => system.close(),
    };
  },
};

/** Engines on one Redis, each with its own connection. */
export function singleNodeSystem(url: string, namespace: string): Promise<System> {
  return engineSystem(async () => {
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
  });
}

/** A name that nothing else has. */
export function uniqueName(): string {
  return `t-${randomUUID().slice(0, 13)}`;
}

/** All keys of a Redis whose name has this text. */
export async function keysWith(text: string, url: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    return await redis.keys(`*${text}*`);
  } finally {
    redis.disconnect();
  }
}
