import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

/** Whether messages may be evicted, and how near memory is to its end. */
export function checkMemory({ info }: NodeFacts): NodeFinding[] {
  return [...eviction(info), memory(info), ...fragmentation(info)];
}

type Info = NodeFacts["info"];

function eviction(info: Info): NodeFinding[] {
  const check = "eviction";
  const why = "Any other policy drops keys, and so messages, groups and locks of tasks, when memory is full";
  const policy = info.get("maxmemory_policy");
  const findings: NodeFinding[] = [];
  if (policy === undefined) findings.push(unknown(check, "INFO does not tell maxmemory-policy", why));
  else if (policy === "noeviction") findings.push(ok(check, "maxmemory-policy is noeviction", why));
  else {
    const found = `maxmemory-policy is ${policy}`;
    findings.push({ check, level: "danger", found, why, mend: "Set maxmemory-policy noeviction" });
  }
  const evicted = Number(info.get("evicted_keys") ?? 0);
  if (evicted > 0) {
    findings.push({
      check,
      level: "danger",
      found: `${evicted} keys were evicted since Redis started`,
      why: "Messages, groups or tasks may be among them",
      mend: "Set maxmemory-policy noeviction and look for what is missing with an audit of each topic",
    });
  }
  return findings;
}

function memory(info: Info): NodeFinding {
  const check = "memory";
  const used = Number(info.get("used_memory") ?? Number.NaN);
  const limit = Number(info.get("maxmemory") ?? Number.NaN);
  const total = Number(info.get("total_system_memory") ?? 0);
  const whyLimit = "At the limit publishes are refused with OVERLOADED; consumers go on and free it";
  if (Number.isNaN(used) || Number.isNaN(limit))
    return unknown(check, "INFO does not tell used_memory and maxmemory", whyLimit);
  if (limit === 0) {
    const found = `maxmemory is not set; ${size(used)} are used${total > 0 ? ` of the machine's ${size(total)}` : ""}`;
    const why =
      "Without a limit the kernel ends Redis when memory is full, instead of Redis refusing publishes";
    const mend = "Set maxmemory to what the machine can spare, less what a fork needs while it is written to";
    const level =
      total > 0 && used > 0.8 * total ? "danger" : used > 0.5 * total && total > 0 ? "warning" : "notice";
    return { check, level, found, why, mend };
  }
  // What replicas and the append-only file are still to be sent does not count.
  const counted = used - Number(info.get("mem_not_counted_for_evict") ?? 0);
  const part = counted / limit;
  const found = `${size(counted)} of ${size(limit)} are used (${Math.floor(100 * part)} %)`;
  const mend = "Let consumers catch up, shorten retention, or raise maxmemory";
  if (part >= 0.95) return { check, level: "danger", found, why: whyLimit, mend };
  if (part >= 0.8) return { check, level: "warning", found, why: whyLimit, mend };
  if (total > 0 && limit > 0.9 * total) {
    return {
      check,
      level: "warning",
      found: `maxmemory is ${size(limit)}, the machine has ${size(total)}`,
      why: "A fork for a snapshot or a rewrite needs memory of its own: the kernel may end Redis before it is full",
      mend: "Set maxmemory to at most three quarters of the machine's memory",
    };
  }
  return ok(check, found, whyLimit);
}

const mebibyte = 1024 * 1024;
/** Below this, ratios mean little. */
const worthLookingAt = 64 * mebibyte;

function fragmentation(info: Info): NodeFinding[] {
  const used = Number(info.get("used_memory") ?? 0);
  const resident = Number(info.get("used_memory_rss") ?? 0);
  const check = "fragmentation";
  if (used < worthLookingAt && resident < worthLookingAt) return [];
  if (resident < 0.8 * used) {
    const found = `of ${size(used)} only ${size(resident)} are in memory`;
    const why = "The rest was swapped out: whatever touches it waits for the disk, and everybody behind it";
    return [
      { check, level: "warning", found, why, mend: "Give the machine more memory, or Redis less to hold" },
    ];
  }
  const wasted = Number(info.get("allocator_frag_bytes") ?? 0);
  const ratio = Number(info.get("allocator_frag_ratio") ?? 1);
  const why = "The allocator holds memory that no key uses, and maxmemory does not count it";
  const found = `${size(Math.max(wasted, 0))} are lost between keys (ratio ${ratio})`;
  if (ratio <= 1.5 || wasted < worthLookingAt) return [ok(check, found, why)];
  return [{ check, level: "notice", found, why, mend: "Set activedefrag yes" }];
}

/** Bytes for people. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  let value = bytes;
  while (Math.abs(value) >= 1024 && power < units.length - 1) {
    value /= 1024;
    power += 1;
  }
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
