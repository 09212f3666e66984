import type { TestProject } from "vitest/node";
import { startRedis } from "./start-redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Redis that the whole run shares; see testNamespace. */
    redisUrl: string;
  }
}

/** A vitest globalSetup: one Redis for the whole run, or the one that TEST_REDIS_URL names; tests `inject("redisUrl")`. */
export default async function provideRedis(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.TEST_REDIS_URL;
  if (given) {
    project.provide("redisUrl", given);
    return undefined;
  }
  const redis = await startRedis();
  project.provide("redisUrl", redis.url);
  return () => redis.stop();
}
