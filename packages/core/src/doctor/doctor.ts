import { type Context, send } from "../context.ts";
import { doctorChannel, topicsKey } from "../keys.ts";
import { addressOf, isCluster } from "../redis/cluster-connection.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { checkClock, checkClocksOfNodes } from "./check-clock.ts";
import { checkCluster } from "./check-cluster.ts";
import { checkConnections } from "./check-connections.ts";
import { checkKeys } from "./check-keys.ts";
import { checkLatency } from "./check-latency.ts";
import { checkMemory } from "./check-memory.ts";
import { checkPersistence } from "./check-persistence.ts";
import { checkReplication } from "./check-replication.ts";
import { checkVersion } from "./check-version.ts";
import { type Finding, gatherFindings, type NodeFinding } from "./finding.ts";
import { type Asking, type NodeFacts, readNodeFacts } from "./node-facts.ts";
import { scanKeys } from "./scan-keys.ts";

/** What came of one node; `silence`: why it did not answer. */
interface Examined {
  readonly node: string | null;
  readonly facts: NodeFacts | null;
  readonly findings: NodeFinding[];
  readonly silence: string | null;
}

/** For how long a question may stay unanswered. */
const answerWithinMs = 2_000;

/**
 * Examines Redis, each node of a cluster: what is dangerous, why, and how to mend it, the worst first. Takes some seconds
 * at most, changes nothing, and never throws: a Redis that cannot be reached is a finding, and what it does not tell
 * is `unknown`.
 */
export async function examine(context: Context): Promise<Finding[]> {
  const asking: Asking = {
    timeoutMs: Math.min(context.callTimeoutMs, answerWithinMs),
    now: context.now,
    channel: doctorChannel(context.space),
  };
  const { redis } = context;
  const asCluster = isCluster(redis);
  const nodes: [string | null, RedisConnection][] = asCluster
    ? redis.nodes("all").map((node) => [addressOf(node), node])
    : [[null, redis]];
  if (nodes.length === 0)
    return gatherFindings([{ node: null, findings: [unreachable("no node of the cluster is known")] }]);
  const registry = topicNames(context, asking.timeoutMs);
  const examined = await Promise.all(
    nodes.map(async ([node, connection]): Promise<Examined> => {
      const facts = await readNodeFacts(node, connection, asking);
      if (typeof facts === "string") return { node, facts: null, findings: [], silence: facts };
      const findings = checksOf(facts, asCluster);
      const registered = await registry;
      if (facts.info.get("role") !== "slave" && registered !== null) {
        const keys = await scanKeys(connection, context.space, asking.timeoutMs);
        findings.push(...checkKeys(context.space.namespace, keys, registered));
      }
      return { node, facts, findings, silence: null };
    }),
  );
  const someAnswer = examined.some(({ facts }) => facts !== null);
  for (const { findings, silence } of examined)
    if (silence !== null) findings.push(someAnswer ? nodeAway(silence) : unreachable(silence));
  const clocks = checkClocksOfNodes(examined.flatMap(({ facts }) => facts ?? []));
  return gatherFindings([...examined, ...(clocks ? [{ node: null, findings: [clocks] }] : [])]);
}

function checksOf(facts: NodeFacts, asCluster: boolean): NodeFinding[] {
  const findings = checkVersion(facts);
  // What stands on INFO would only repeat that it is refused.
  if (facts.infoRefusal === null) {
    findings.push(
      ...checkPersistence(facts),
      ...checkMemory(facts),
      ...checkReplication(facts, asCluster),
      ...checkCluster(facts, asCluster),
      ...checkConnections(facts),
    );
  }
  findings.push(...checkLatency(facts), ...checkClock(facts));
  return findings;
}

function unreachable(reason: string): NodeFinding {
  return {
    check: "reachable",
    level: "danger",
    found: `Redis cannot be reached: ${reason}`,
    why: "Nothing can be published or received",
    mend: "See whether it runs, and whether address, password, TLS and firewall are right",
  };
}

/** Whether its slots are served by another is what the other nodes tell. */
function nodeAway(reason: string): NodeFinding {
  return {
    check: "reachable",
    level: "warning",
    found: `it cannot be reached: ${reason}`,
    why: "A replica that is away cannot take over; of a master that is, the slots are gone until one has",
    mend: "Bring it back, or forget it (CLUSTER FORGET)",
  };
}

/** Names in the registry, whatever the state of their entries; null where it cannot be read. */
async function topicNames(context: Context, callTimeoutMs: number): Promise<Set<string> | null> {
  try {
    const names = await send({ ...context, callTimeoutMs }, "HKEYS", topicsKey(context.space));
    return new Set((names as Buffer[]).map(String));
  } catch {
    return null;
  }
}
