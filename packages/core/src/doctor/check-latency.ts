import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

/** How long Redis takes to answer this process, and what has kept it. */
export function checkLatency(facts: NodeFacts): NodeFinding[] {
  return [roundTrip(facts.roundTripsMs), slowCommands(facts), ...fork(facts.info)];
}

function roundTrip(times: readonly number[]): NodeFinding {
  const check = "latency";
  const why = "A publish waits for one round trip at least, and calls to a partition wait for each other";
  if (times.length === 0) return unknown(check, "PING is not answered", why);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))]!;
  const [middle, high] = [at(0.5), at(0.99)];
  const found = `${times.length} round trips: p50 ${middle.toFixed(2)} ms, p99 ${high.toFixed(2)} ms`;
  const mend =
    "Run Tidegate beside Redis; look for slow commands, for a machine that is busy, and for swapping (redis-cli --latency tells more)";
  if (middle > 20 || high > 250) return { check, level: "warning", found, why, mend };
  if (middle > 2 || high > 50) return { check, level: "notice", found, why, mend };
  return ok(check, found, why);
}

const hourMs = 60 * 60 * 1000;

/** Of the last hour: Redis keeps old ones for ever. */
function slowCommands({ slowCommands: answer, clock }: NodeFacts): NodeFinding {
  const check = "slow-commands";
  const why = "Redis does one thing at a time: everybody waits while it does";
  if (answer.kind !== "answered") return unknown(check, `SLOWLOG is refused: ${answer.reason}`, why);
  const newest = Math.max(0, ...answer.value.map(({ atMs }) => atMs));
  const now = clock === null ? newest : clock.readAtMs;
  const recent = answer.value.filter(({ atMs }) => atMs > now - hourMs);
  const worst = recent.reduce<(typeof recent)[number] | null>(
    (most, one) => (most === null || one.ms > most.ms ? one : most),
    null,
  );
  if (worst === null) return ok(check, "none in the last hour", why);
  const found = `${recent.length} in the last hour, the longest ${worst.name} with ${worst.ms.toFixed(1)} ms`;
  if (worst.ms < 100) return { check, level: "notice", found, why, mend: whatToDo };
  return { check, level: "warning", found, why, mend: whatToDo };
}

const whatToDo =
  "See SLOWLOG GET: a command of another program on this Redis belongs elsewhere (KEYS above all); a script of Tidegate wants smaller requests";

function fork(info: NodeFacts["info"]): NodeFinding[] {
  const ms = Number(info.get("latest_fork_usec") ?? 0) / 1000;
  if (ms < 200) return [];
  return [
    {
      check: "fork",
      level: "notice",
      found: `the last fork for a snapshot or a rewrite took ${ms.toFixed(0)} ms`,
      why: "Redis answers nobody while it forks; it takes longer the more memory there is",
      mend: "Keep less in one Redis (retention, or a cluster), on a machine whose hypervisor forks fast",
    },
  ];
}
