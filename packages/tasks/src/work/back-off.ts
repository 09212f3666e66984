import { defaults, limits } from "@tidegate/contracts";
import type { Backoff } from "../define/task-settings.ts";

/**
 * How long to wait after an attempt that failed, in ms. `attempt` is its number, from 1. Of a function that throws, or says
 * nothing usable, the default of tasks holds.
 */
export function backoffMs(
  backoff: Backoff,
  attempt: number,
  error: Error,
  random: () => number = Math.random,
): number {
  if (typeof backoff === "function") return custom(() => backoff(attempt, error), attempt);
  const full = backoff.type === "fixed" ? backoff.delayMs : doubled(backoff.delayMs, backoff.maxMs, attempt);
  return Math.round(full * (1 - backoff.jitter * random()));
}

function custom(ask: () => number, attempt: number): number {
  try {
    const delayMs = ask();
    if (Number.isFinite(delayMs) && delayMs >= 0) return Math.min(Math.round(delayMs), limits.backoffMs);
  } catch {
    // As if it had said nothing.
  }
  return doubled(defaults.taskBackoffMs, limits.backoffMs, attempt);
}

function doubled(delayMs: number, maxMs: number, attempt: number): number {
  return Math.min(maxMs, delayMs * 2 ** (attempt - 1));
}
