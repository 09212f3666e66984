import { Engine } from "@tidegate/core";
import { HttpTasks } from "@tidegate/tasks/http-tasks";
import type { Redis } from "ioredis";
import { type Finding, finding } from "./judge/finding.ts";

/** What a namespace without topics may hold. Of tasks, what has ended is kept for its time. */
const lasting = [/:topics$/, /:secret$/, /:signing$/, /^\{[^}]*\/tasks\}/];

/**
 * Recounts every topic of a namespace, deletes them all, and looks for keys that should have gone with them. First the schedules of
 * HTTP tasks go, which would publish meanwhile.
 */
export async function sweep(
  redis: Redis,
  namespace: string,
): Promise<{ topics: number; findings: Finding[] }> {
  const engine = new Engine({ redis, namespace });
  const findings: Finding[] = [];
  const httpTasks = new HttpTasks({ engine, redis });
  for (const { id } of await httpTasks.schedules.list()) await httpTasks.schedules.delete(id);
  await httpTasks.close();
  const topics = await engine.topics.list();
  for (const { name } of topics) {
    const report = await engine.audit(name);
    for (const found of report.findings) findings.push(finding("audit", `${name}: ${found}`));
    await engine.topics.delete(name);
  }
  for (const key of await keysOf(redis, namespace))
    if (!lasting.some((pattern) => pattern.test(key))) findings.push(finding("a key was left behind", key));
  await engine.stop();
  return { topics: topics.length, findings };
}

async function keysOf(redis: Redis, namespace: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const some of redis.scanStream({ match: `{${namespace}*`, count: 1000 }))
    keys.push(...(some as string[]));
  return keys;
}
