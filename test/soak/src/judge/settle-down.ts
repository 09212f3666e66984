import type { Engine } from "@tidegate/core";
import { eventually } from "@tidegate/testkit";
import { groups, topics } from "../topics.ts";

/** The lasting groups, each with its topic. */
const lasting = [
  [topics.stream, groups.steady],
  [topics.web, groups.steady],
  [topics.work, groups.ordered],
  [topics.work, groups.flaky],
] as const;

/** Waits until the lasting groups have read everything: what they do not get to is stuck. Returns what is. */
export async function findStuck(engine: Engine, withinMs: number): Promise<string[]> {
  const stuck: string[] = [];
  for (const [topic, group] of lasting) {
    const isDone = async () => {
      const { lag, inFlight, retrying } = await engine.groups.describe(topic, group);
      return lag + inFlight + retrying === 0 || undefined;
    };
    await eventually(`${topic}/${group} to have read everything`, isDone, withinMs).catch((error: unknown) =>
      stuck.push((error as Error).message),
    );
  }
  return stuck;
}

/** Recounts every topic. Traffic meanwhile does not disturb it. */
export async function auditAll(engine: Engine): Promise<string[]> {
  const findings: string[] = [];
  for (const { name } of await engine.topics.list()) {
    // A passing topic may be gone by now.
    const report = await engine.audit(name).catch((error: { code?: string }) => {
      if (
        error.code === "TOPIC_NOT_FOUND" ||
        error.code === "STALE_TOPIC" ||
        error.code === "GROUP_NOT_FOUND"
      )
        return null;
      throw error;
    });
    for (const finding of report?.findings ?? []) findings.push(`${name}: ${finding}`);
  }
  return findings;
}
