import type { TestProject } from "vitest/node";
import { startCluster } from "./start-cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The nodes of the Redis Cluster that the whole run shares. */
    clusterUrls: string[];
  }
}

/** A vitest globalSetup: one cluster of three masters for the whole run, or the one of TEST_REDIS_CLUSTER_URLS (comma-separated); tests `inject("clusterUrls")`. */
export default async function provideCluster(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.TEST_REDIS_CLUSTER_URLS;
  if (given) {
    project.provide("clusterUrls", given.split(","));
    return undefined;
  }
  const cluster = await startCluster();
  project.provide("clusterUrls", [...cluster.urls]);
  return () => cluster.stop();
}
