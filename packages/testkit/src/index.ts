export { replicasCatchUp } from "./catch-up.ts";
export { masterOf, moveSlot } from "./cluster-slots.ts";
export { eventually } from "./eventually.ts";
export { chromiumFlags, findChromium } from "./find-chromium.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export {
  startCluster,
  type TestCluster,
  type TestClusterClientOptions,
  type TestClusterOptions,
} from "./start-cluster.ts";
export { startProxy, type TestProxy } from "./start-proxy.ts";
export { startRedis, type TestClientOptions, type TestRedis, type TestRedisOptions } from "./start-redis.ts";
export { type ReplicaPair, startReplicaPair } from "./start-replica-pair.ts";
export { testNamespace } from "./test-namespace.ts";
