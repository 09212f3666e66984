import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

const slots = "16384";
const why = "Each slot holds partitions: one that no node serves refuses them all";

/** How one node sees its cluster; `asCluster`: whether Tidegate was given a cluster's client. */
export function checkCluster(facts: NodeFacts, asCluster: boolean): NodeFinding[] {
  const { info, clusterInfo, clusterNodes } = facts;
  const check = "cluster";
  if (clusterInfo === null) {
    if (info.get("cluster_enabled") === undefined)
      return [unknown(check, "INFO does not tell whether this is a cluster", why)];
    return asCluster ? [notOne(check)] : [ok(check, "one server, no cluster", why)];
  }
  const findings = asCluster ? [] : [oneNodeAlone(check)];
  if (clusterInfo.kind !== "answered")
    findings.push(unknown(check, `CLUSTER INFO is refused: ${clusterInfo.reason}`, why));
  else findings.push(...slotsServed(clusterInfo.value));
  if (clusterNodes?.kind === "answered") findings.push(...members(clusterNodes.value));
  else if (clusterNodes)
    findings.push(unknown("cluster-nodes", `CLUSTER NODES is refused: ${clusterNodes.reason}`, why));
  return findings;
}

function notOne(check: string): NodeFinding {
  const found = "this server is no part of a cluster, but Tidegate was given a cluster's address";
  return { check, level: "danger", found, why, mend: "Give Tidegate this server as a single one" };
}

function oneNodeAlone(check: string): NodeFinding {
  return {
    check,
    level: "danger",
    found: "this server is a node of a cluster, and Tidegate was given it as a single one",
    why: "Whatever lies on other nodes is answered with MOVED, and fails",
    mend: "Give Tidegate the addresses of the cluster",
  };
}

function slotsServed(state: ReadonlyMap<string, string>): NodeFinding[] {
  const check = "cluster";
  const [assigned, served] = [state.get("cluster_slots_assigned"), state.get("cluster_slots_ok")];
  const found = `${served} of ${slots} slots are served by ${state.get("cluster_size")} masters, ${state.get("cluster_known_nodes")} nodes are known`;
  if (assigned !== slots) {
    const mend = "Assign the missing slots (redis-cli --cluster fix)";
    return [{ check, level: "danger", found: `${assigned} of ${slots} slots belong to somebody`, why, mend }];
  }
  if (state.get("cluster_state") !== "ok" || served !== slots) {
    const mend = "Bring the nodes back that failed, or let replicas take over; CLUSTER NODES names them";
    return [
      {
        check,
        level: "danger",
        found: `cluster_state is ${state.get("cluster_state")}; ${found}`,
        why,
        mend,
      },
    ];
  }
  return [ok(check, found, why)];
}

function members(
  list: NonNullable<Extract<NodeFacts["clusterNodes"], { kind: "answered" }>>["value"],
): NodeFinding[] {
  const check = "cluster-nodes";
  const findings: NodeFinding[] = [];
  const hasFailed = ({ flags }: { flags: readonly string[] }) =>
    flags.some((flag) => flag.startsWith("fail"));
  const failed = list.filter(hasFailed);
  if (failed.length > 0) {
    findings.push({
      check,
      level: "warning",
      found: `${failed.map(({ address }) => address).join(", ")} cannot be reached by other nodes`,
      why: "One failure more may take slots away",
      mend: "Bring them back, or forget them (CLUSTER FORGET)",
    });
  }
  const masters = list.filter(({ flags, hasSlots }) => flags.includes("master") && hasSlots);
  const alone = masters.filter(({ id }) => !list.some((node) => node.master === id && !hasFailed(node)));
  if (alone.length > 0) {
    findings.push({
      check,
      level: "notice",
      found: `${alone.length} of ${masters.length} masters have no replica that could take over`,
      why: "When such a master is lost, its slots are, and with cluster-require-full-coverage all others stop",
      mend: "Give each master a replica on another machine",
    });
  } else
    findings.push(
      ok(check, `each of ${masters.length} masters has a replica`, "It takes over when its master fails"),
    );
  const moving = list.reduce((sum, node) => sum + node.moving, 0);
  if (moving > 0) {
    findings.push({
      check: "moving-slots",
      level: "notice",
      found: `${moving} slots are on their way between nodes`,
      why: "Calls to a slot that moves are repeated until it has moved; one that was left half way stays slow",
      mend: "Let it end, or end what was broken off (redis-cli --cluster fix)",
    });
  }
  return findings;
}
