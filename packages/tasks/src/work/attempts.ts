import type { Job } from "bullmq";

/**
 * How many attempts of a run were spent before the one that begins now: those that failed, and those whose worker was lost. An
 * operator's retry begins the count anew without forgetting what was lost before; there cannot have been more than starts.
 */
export function attemptsBefore(
  job: Pick<Job, "attemptsMade" | "attemptsStarted" | "stalledCounter">,
): number {
  const { attemptsMade, attemptsStarted, stalledCounter } = job;
  return Math.max(attemptsMade, Math.min(attemptsMade + stalledCounter, attemptsStarted - 1));
}
