import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

/** What is left of messages when the process or the machine goes. */
export function checkPersistence({ info, settings }: NodeFacts): NodeFinding[] {
  const aof = info.get("aof_enabled");
  if (aof === undefined) {
    return [unknown("persistence", "INFO tells nothing of persistence", whyPersistence)];
  }
  const findings = aof === "1" ? appendOnly(info, settings) : [withoutLog(settings.get("save"))];
  findings.push(...lastWrites(info, settings));
  if (info.get("loading") === "1") {
    const why = "Until it has read its data, every call is refused";
    const mend = "Wait for it";
    findings.push({ check: "loading", level: "danger", found: "Redis is loading its data", why, mend });
  }
  return findings;
}

const whyPersistence = "A publish that was answered should outlive the process that took it";

function withoutLog(save: string | undefined): NodeFinding {
  const mend = "Set appendonly yes, with appendfsync everysec";
  const check = "persistence";
  if (save === undefined) {
    const found =
      "there is no append-only file; whether there are snapshots cannot be seen (CONFIG is refused)";
    return { check, level: "warning", found, why: whyPersistence, mend };
  }
  if (save === "") {
    const why = "When this server ends, all messages are gone; replicas empty themselves after it";
    return { check, level: "danger", found: "nothing is written to disk", why, mend };
  }
  const why = "When this server ends, what came after the last snapshot is gone, and groups go back to it";
  return { check, level: "warning", found: `only snapshots are written (save ${save})`, why, mend };
}

const whyFsync =
  "It decides what a power loss takes: always nothing that was answered, everysec up to two seconds, no what the kernel had not written";

function appendOnly(info: NodeFacts["info"], settings: NodeFacts["settings"]): NodeFinding[] {
  const findings = [ok("persistence", "an append-only file is written", whyPersistence)];
  const fsync = settings.get("appendfsync");
  if (fsync === undefined)
    findings.push(unknown("appendfsync", "CONFIG is refused, so appendfsync cannot be seen", whyFsync));
  else if (fsync === "no") {
    findings.push({
      check: "appendfsync",
      level: "warning",
      found: "appendfsync is no",
      why: whyFsync,
      mend: "Set appendfsync everysec, or always",
    });
  } else findings.push(ok("appendfsync", `appendfsync is ${fsync}`, whyFsync));
  if (settings.get("no-appendfsync-on-rewrite") === "yes") {
    findings.push({
      check: "appendfsync",
      level: "warning",
      found: "no-appendfsync-on-rewrite is yes",
      why: "While the file is rewritten nothing is forced to disk: a power loss then takes half a minute and more",
      mend: "Set no-appendfsync-on-rewrite no",
    });
  }
  const delayed = Number(info.get("aof_delayed_fsync") ?? 0);
  if (delayed > 0) {
    findings.push({
      check: "appendfsync",
      level: "notice",
      found: `${delayed} times since its start Redis waited for a disk that was still writing`,
      why: "While it waits it answers nobody",
      mend: "Give Redis a faster disk, or one that it does not share",
    });
  }
  if ((info.get("aof_last_write_status") ?? "ok") !== "ok") {
    findings.push({
      check: "last-write",
      level: "danger",
      found: "the last write of the append-only file failed",
      why: "Redis refuses every write until it can write there again",
      mend: "Look for a full or broken disk; the log of Redis has the reason",
    });
  }
  if ((info.get("aof_last_bgrewrite_status") ?? "ok") !== "ok") {
    findings.push({
      check: "last-rewrite",
      level: "warning",
      found: "the last rewrite of the append-only file failed",
      why: "It grows until the disk is full, and a start takes ever longer",
      mend: "Look for too little memory to fork (vm.overcommit_memory 1) or disk; the log of Redis has the reason",
    });
  }
  return findings;
}

function lastWrites(info: NodeFacts["info"], settings: NodeFacts["settings"]): NodeFinding[] {
  if ((info.get("rdb_last_bgsave_status") ?? "ok") === "ok") return [];
  const stops = settings.get("stop-writes-on-bgsave-error");
  const mend =
    "Look for a full or broken disk, or too little memory to fork; the log of Redis has the reason";
  const found = "the last snapshot failed";
  if (stops === "no" || settings.get("save") === "") {
    const why = "Snapshots are what backups and new replicas are made of";
    return [{ check: "last-save", level: "warning", found, why, mend }];
  }
  const why =
    "With stop-writes-on-bgsave-error, which is the default, Redis refuses every write until one succeeds";
  return [{ check: "last-save", level: "danger", found, why, mend }];
}
