import { size } from "./check-memory.ts";
import { type NodeFinding, ok, unknown } from "./finding.ts";
import { type NodeFacts, parseInfo } from "./node-facts.ts";

/** Behind by more than this, a replica is no good to fail over to. */
const lagBytes = 16 * 1024 * 1024;
const lagSeconds = 10;

/** Whether this server may be written to, and how its replicas follow. `isCluster`: then a replica among the nodes is as it should be. */
export function checkReplication({ info, settings }: NodeFacts, isCluster: boolean): NodeFinding[] {
  const role = info.get("role");
  const why = "A replica takes over what its master had";
  if (role === undefined) return [unknown("replicas", "INFO tells nothing of replication", why)];
  if (role !== "master") return isCluster ? asReplica(info) : [readOnly(info)];
  const count = Number(info.get("connected_slaves") ?? 0);
  if (count === 0) {
    const found = "there is no replica";
    const why = "When this server's disk is lost, its messages are; while it is down, nothing is taken";
    const mend = "Run a replica, with Sentinel or as a cluster, where that is not acceptable";
    return [{ check: "replicas", level: "notice", found, why, mend }];
  }
  const findings = lagging(info, count);
  if (findings.length === 0) findings.push(ok("replicas", `${count} of ${count} in step`, why));
  if (settings.get("min-replicas-to-write") === "0") {
    findings.push({
      check: "split-brain",
      level: "notice",
      found: "min-replicas-to-write is 0",
      why: "A master that is cut off goes on taking messages, which are dropped once a replica has taken over",
      mend: "Set min-replicas-to-write 1, or publish with acks replicas what must not be lost so",
    });
  }
  return findings;
}

function readOnly(info: NodeFacts["info"]): NodeFinding {
  const master = `${info.get("master_host")}:${info.get("master_port")}`;
  return {
    check: "role",
    level: "danger",
    found: `this server is a replica of ${master}`,
    why: "A replica refuses every write",
    mend: "Give Tidegate the address of the master, or of Sentinel",
  };
}

function asReplica(info: NodeFacts["info"]): NodeFinding[] {
  if (info.get("master_link_status") === "up") return [];
  return [
    {
      check: "replicas",
      level: "warning",
      found: `the link to its master has been down for ${info.get("master_link_down_since_seconds") ?? "?"} s`,
      why: "It is no good to fail over to",
      mend: "Look at the network between them, and at the logs of both",
    },
  ];
}

function lagging(info: NodeFacts["info"], count: number): NodeFinding[] {
  const end = Number(info.get("master_repl_offset") ?? 0);
  const findings: NodeFinding[] = [];
  for (let index = 0; index < count; index += 1) {
    // slave0:ip=127.0.0.1,port=6380,state=online,offset=42,lag=0
    const replica = parseInfo((info.get(`slave${index}`) ?? "").replaceAll("=", ":").replaceAll(",", "\n"));
    const name = `${replica.get("ip") ?? "?"}:${replica.get("port") ?? "?"}`;
    const behind = end - Number(replica.get("offset") ?? 0);
    const silent = Number(replica.get("lag") ?? 0);
    const state = replica.get("state");
    const found =
      state !== "online"
        ? `${name} is not in step yet (${state})`
        : behind > lagBytes
          ? `${name} is ${size(behind)} behind`
          : silent > lagSeconds
            ? `${name} was last heard of ${silent} s ago`
            : null;
    if (found === null) continue;
    const why = "A failover to it loses what it lacks, and acks replicas waits for it";
    const mend = "Look at the network, at its load, and at client-output-buffer-limit replica";
    findings.push({ check: "replicas", level: "warning", found, why, mend });
  }
  return findings;
}
