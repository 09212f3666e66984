import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

/** Compares the clock of this process with the one of each server. */
export function checkClock({ clock }: Pick<NodeFacts, "clock">): NodeFinding[] {
  const check = "clock";
  const why =
    "Delays, leases and rates go by Redis's clock, but a message has the time of the process that published it, and callers reckon deliverAt by their own";
  if (clock === null) return [unknown(check, "TIME is refused", why)];
  const { leadMs, errorMs } = clock;
  const off = Math.abs(leadMs) - errorMs;
  const found = `Redis's clock is ${span(leadMs)} this process's (± ${errorMs.toFixed(1)} ms)`;
  const mend = "Keep both machines' clocks by NTP (chrony)";
  if (off > 5000) return [{ check, level: "warning", found, why, mend }];
  if (off > 500) return [{ check, level: "notice", found, why, mend }];
  return [ok(check, found, why)];
}

/** Compares the clocks of the nodes of a cluster with each other; null where there are fewer than two to compare. */
export function checkClocksOfNodes(nodes: readonly Pick<NodeFacts, "node" | "clock">[]): NodeFinding | null {
  const read = nodes.flatMap(({ node, clock }) => (clock === null ? [] : [{ node, ...clock }]));
  if (read.length < 2) return null;
  const check = "clocks-of-nodes";
  const ahead = read.reduce((most, one) => (one.leadMs > most.leadMs ? one : most));
  const behind = read.reduce((least, one) => (one.leadMs < least.leadMs ? one : least));
  const apart = ahead.leadMs - behind.leadMs;
  const certain = apart - ahead.errorMs - behind.errorMs;
  const why =
    "A failover to a node whose clock is ahead ends leases and delays early, to one that is behind late; lanes and partitions of one group may lie on different nodes";
  if (certain <= 500) return ok(check, `the clocks of ${read.length} nodes agree`, why);
  const found = `${ahead.node} is ${(apart / 1000).toFixed(1)} s ahead of ${behind.node}`;
  const mend = "Keep the clocks of all nodes by NTP (chrony)";
  return { check, level: certain > 10_000 ? "danger" : "warning", found, why, mend };
}

function span(leadMs: number): string {
  const size = Math.abs(leadMs);
  const text = size < 1000 ? `${size.toFixed(1)} ms` : `${(size / 1000).toFixed(1)} s`;
  return `${text} ${leadMs < 0 ? "behind" : "ahead of"}`;
}
