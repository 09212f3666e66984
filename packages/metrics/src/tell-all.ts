import { setImmediate as nextTurn } from "node:timers/promises";
import { type MetricObject, Registry } from "prom-client";
import type { Refreshed } from "./scraped.ts";

/**
 * The text of a registry, family by family with a turn of the process between them: at 500 groups all at once would keep
 * everybody waiting for 70 ms. What is to be asked of Redis is asked side by side before.
 */
export async function tellAll(registry: Registry, sources: readonly Refreshed[]): Promise<string> {
  await Promise.all(sources.map((source) => source.refresh()));
  // The other format ends with a word of its own.
  if (registry.contentType !== Registry.PROMETHEUS_CONTENT_TYPE) return registry.metrics();
  const families: string[] = [];
  for (const { name } of registry.getMetricsAsArray() as MetricObject[]) {
    families.push(await registry.getSingleMetricAsString(name));
    await nextTurn();
  }
  return `${families.join("\n\n")}\n`;
}
