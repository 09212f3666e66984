import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

const why = "Scripts with flags, which keep a full Redis from being left half written, came with Redis 7.0";

/** Which Redis it is, and whether what Tidegate does there is allowed. */
export function checkVersion({ info, infoRefusal, script, publish }: NodeFacts): NodeFinding[] {
  const findings: NodeFinding[] = [];
  const valkey = info.get("valkey_version");
  const redis = info.get("redis_version");
  if (infoRefusal !== null) {
    findings.push(unknown("version", `INFO is refused: ${infoRefusal}`, `Most checks stand on INFO. ${why}`));
  } else if (redis === undefined) findings.push(unknown("version", "INFO tells no version", why));
  else findings.push(versionFinding(valkey ?? null, redis, info));
  if (script.kind !== "answered") {
    const found = `a script that only reads is refused: ${script.reason}`;
    const mend = "Allow EVAL and EVALSHA to this user, and use Redis 7.0 or later";
    findings.push({
      check: "scripts",
      level: "danger",
      found,
      why: "All that Tidegate does is done in scripts",
      mend,
    });
  }
  if (publish.kind !== "answered") {
    const found = `PUBLISH on a channel of the namespace is refused: ${publish.reason}`;
    findings.push({
      check: "publish",
      level: "danger",
      found,
      why: "Scripts publish to wake waiting consumers; where they may not, appends fail while somebody waits",
      mend: "Allow PUBLISH and SUBSCRIBE on the channels of the namespace to this user",
    });
  }
  return findings;
}

function versionFinding(
  valkey: string | null,
  redis: string,
  info: ReadonlyMap<string, string>,
): NodeFinding {
  const name = valkey === null ? `Redis ${redis}` : `Valkey ${valkey}`;
  if (info.has("dragonfly_version") || info.get("server_name") === "keydb")
    return unknown("version", `${name}, by another maker`, "Tidegate is tested on Redis and Valkey alone");
  const [major = 0, minor = 0] = (valkey ?? redis).split(".").map(Number);
  const isOld = valkey === null ? major < 7 : major < 7 || (major === 7 && minor < 2);
  if (!isOld) return ok("version", name, why);
  const mend = "Upgrade to Redis 7.0 or Valkey 7.2, or later";
  return { check: "version", level: "danger", found: `${name} is too old`, why, mend };
}
