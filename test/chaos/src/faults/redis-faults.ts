import { setTimeout as pause } from "node:timers/promises";
import type { TestRedis } from "@tidegate/testkit";
import type { Redis } from "ioredis";
import type { SingleStage } from "../stage/single-stage.ts";
import { type Fault, type FaultScene, losing } from "./fault.ts";

/**
 * What an append-only file that is synced every second may lack when the process dies: Redis puts a write off for up to
 * two seconds while an earlier sync is under way, and answers meanwhile.
 */
const everysecWindowMs = 2500;

/** Faults of any Redis. */
export const redisFaults: readonly Fault[] = [
  {
    kind: "redis-stop",
    weight: 4,
    resource: "redis",
    run: (scene, random) =>
      onOne(scene, random.next(), async (redis) => {
        await redis.kill("SIGSTOP");
        try {
          await pause(random.whole(50, scene.stage.kind === "cluster" ? 500 : 1200));
        } finally {
          await redis.kill("SIGCONT");
        }
      }),
  },
  {
    kind: "client-kill",
    weight: 8,
    resource: "redis",
    run: (scene, random) =>
      withClient(scene, random.next(), (client) =>
        client.call("CLIENT", "KILL", "TYPE", random.pick(["normal", "normal", "pubsub"])),
      ),
  },
  {
    kind: "client-pause",
    weight: 6,
    resource: "redis",
    run: (scene, random) =>
      withClient(scene, random.next(), async (client) => {
        const ms = random.whole(50, 900);
        await client.call("CLIENT", "PAUSE", ms, random.pick(["ALL", "WRITE"]));
        await pause(ms);
      }),
  },
  {
    kind: "script-flush",
    weight: 8,
    resource: "redis",
    run: (scene, random) => withClient(scene, random.next(), (client) => client.script("FLUSH")),
  },
  {
    kind: "memory-full",
    weight: 5,
    resource: "redis",
    run: (scene, random) =>
      withClient(scene, random.next(), async (client) => {
        const used = Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
        await client.config("SET", "maxmemory", Math.max(1, used - random.whole(-50_000, 200_000)));
        try {
          await pause(random.whole(200, 1500));
        } finally {
          await client.config("SET", "maxmemory", 0);
        }
      }),
  },
  {
    kind: "redis-kill-everysec",
    stages: ["everysec"],
    weight: 5,
    resource: "redis",
    run: (scene, random) =>
      losing(scene, { windowMs: everysecWindowMs, protects: [] }, () =>
        killAndRestart(scene, random.whole(0, 300)),
      ),
  },
  {
    kind: "redis-kill-always",
    stages: ["always"],
    weight: 5,
    resource: "redis",
    run: (scene, random) => killAndRestart(scene, random.whole(0, 300)),
  },
  {
    kind: "redis-older-snapshot",
    stages: ["snapshot"],
    weight: 3,
    resource: "redis",
    run: async (scene, random) => {
      const client = singleOf(scene).redis.client({ maxRetriesPerRequest: null });
      // Everything that is answered from here on is not in the snapshot, or may not be.
      return losing(scene, { windowMs: 0, protects: [] }, async () => {
        await client.save();
        client.disconnect();
        await pause(random.whole(100, 1500));
        return killAndRestart(scene, random.whole(0, 200));
      });
    },
  },
];

async function killAndRestart(scene: FaultScene, downMs: number): Promise<string> {
  const { redis } = singleOf(scene);
  await redis.kill("SIGKILL");
  await pause(downMs);
  await redis.restart();
  await scene.stage.settled();
  return "redis";
}

function singleOf({ stage }: FaultScene): SingleStage {
  return stage as SingleStage;
}

async function onOne(
  { stage }: FaultScene,
  chance: number,
  work: (redis: TestRedis) => Promise<unknown>,
): Promise<string> {
  const masters = await stage.masters();
  const redis = masters[Math.floor(chance * masters.length)]!;
  await work(redis);
  return `redis ${redis.port}`;
}

function withClient(
  scene: FaultScene,
  chance: number,
  work: (client: Redis) => Promise<unknown>,
): Promise<string> {
  return onOne(scene, chance, async (redis) => {
    const client = redis.client({ maxRetriesPerRequest: null });
    try {
      await work(client);
    } finally {
      client.disconnect();
    }
  });
}
