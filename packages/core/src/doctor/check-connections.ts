import { size } from "./check-memory.ts";
import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts, SettingName } from "./node-facts.ts";

/** Settings that end connections, or let dead ones stand: what wakes consumers comes over one that mostly listens. */
export function checkConnections({ info, settings }: NodeFacts): NodeFinding[] {
  const seen = (name: SettingName, check: string, why: string, judge: (value: string) => NodeFinding) => {
    const value = settings.get(name);
    return value === undefined ? unknown(check, `CONFIG does not tell ${name}`, why) : judge(value);
  };
  return [
    seen("timeout", "idle-timeout", whyTimeout, idleTimeout),
    seen("tcp-keepalive", "keepalive", whyKeepalive, keepalive),
    seen("client-output-buffer-limit", "output-buffers", whyBuffers, outputBuffers),
    seen("busy-reply-threshold", "script-time", whyScripts, scriptTime),
    ...clients(info),
    ...extras(settings),
  ];
}

const whyTimeout = "Redis ends connections that were idle for so long: what comes next waits for a new one";

function idleTimeout(value: string): NodeFinding {
  const check = "idle-timeout";
  if (value === "0") return ok(check, "timeout is 0: connections are kept", whyTimeout);
  const level = Number(value) < 60 ? "warning" : "notice";
  return { check, level, found: `timeout is ${value} s`, why: whyTimeout, mend: "Set timeout 0" };
}

const whyKeepalive =
  "A subscriber whose peer vanished hears nothing and does not know it; probes also keep firewalls from forgetting the connection";

function keepalive(value: string): NodeFinding {
  const check = "keepalive";
  const found = `tcp-keepalive is ${value} s`;
  if (Number(value) > 0 && Number(value) <= 300) return ok(check, found, whyKeepalive);
  const level = value === "0" ? "warning" : "notice";
  return { check, level, found, why: whyKeepalive, mend: "Set tcp-keepalive 300, or less" };
}

const whyBuffers = "Redis ends a connection whose answers pile up beyond this";
/** A receive or a read answers up to 16 MiB, and several may be under way on one connection. */
const enoughForAnswers = 64 * 1024 * 1024;
const enoughForWakes = 1024 * 1024;

function outputBuffers(value: string): NodeFinding {
  const check = "output-buffers";
  const words = value.split(" ");
  for (const [kind, enough] of [
    ["normal", enoughForAnswers],
    ["pubsub", enoughForWakes],
  ] as const) {
    const at = words.indexOf(kind);
    for (const limit of at < 0 ? [] : [words[at + 1]!, words[at + 2]!].map(Number)) {
      if (limit === 0 || limit >= enough) continue;
      return {
        check,
        level: "warning",
        found: `client-output-buffer-limit ${kind} is ${size(limit)}`,
        why: whyBuffers,
        mend: `Set client-output-buffer-limit ${kind} ${kind === "normal" ? "0 0 0" : "32mb 8mb 60"}`,
      };
    }
  }
  return ok(check, "client-output-buffer-limit leaves room for answers and wake-ups", whyBuffers);
}

const whyScripts = "A script that runs longer makes Redis answer BUSY to everybody else";

function scriptTime(value: string): NodeFinding {
  const check = "script-time";
  const found = `busy-reply-threshold is ${value} ms`;
  // 0 and less: never.
  if (Number(value) <= 0 || Number(value) >= 1000) return ok(check, found, whyScripts);
  return { check, level: "warning", found, why: whyScripts, mend: "Set busy-reply-threshold 5000" };
}

function clients(info: NodeFacts["info"]): NodeFinding[] {
  const [connected, limit] = [Number(info.get("connected_clients")), Number(info.get("maxclients"))];
  const check = "clients";
  const why = "Beyond maxclients new connections are refused";
  if (Number.isNaN(connected) || Number.isNaN(limit))
    return [unknown(check, "INFO does not tell connected_clients and maxclients", why)];
  const found = `${connected} of ${limit} connections`;
  const mend = "Raise maxclients (and the limit of open files), or look for who does not close connections";
  if (connected > 0.8 * limit) return [{ check, level: "warning", found, why, mend }];
  const rejected = Number(info.get("rejected_connections") ?? 0);
  if (rejected === 0) return [ok(check, found, why)];
  return [{ check, level: "notice", found: `${found}; ${rejected} were refused since the start`, why, mend }];
}

function extras(settings: NodeFacts["settings"]): NodeFinding[] {
  const findings: NodeFinding[] = [];
  const events = settings.get("notify-keyspace-events") ?? "";
  if (events !== "") {
    findings.push({
      check: "keyspace-events",
      level: "notice",
      found: `notify-keyspace-events is ${events}`,
      why: "Each write of a key is published as well; Tidegate has no use for it",
      mend: 'Set notify-keyspace-events "" unless another program needs them',
    });
  }
  if (settings.get("disable-thp") === "no") {
    findings.push({
      check: "huge-pages",
      level: "warning",
      found: "disable-thp is no",
      why: "With transparent huge pages, each write during a snapshot copies 2 MiB: calls stall and memory jumps",
      mend: "Set disable-thp yes (it needs a restart), or switch them off in the kernel",
    });
  }
  return findings;
}
