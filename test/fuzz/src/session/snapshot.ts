import type { SessionState } from "./session-state.ts";

/** Asks a fuzzed server, as an administrator; null when it answers with an error. */
export type Ask = (path: string) => Promise<unknown>;

interface TopicShown {
  readonly retention: { readonly ms: number | null; readonly bytes: number | null };
  readonly partitionStates: readonly { readonly end: number; readonly delayed: number }[];
  readonly gateState: { readonly admitted: number; readonly credited: number } | null;
}

interface GroupShown {
  readonly version: number;
  readonly paused: boolean;
  readonly inFlight: number;
  readonly retrying: number;
  readonly partitions: readonly {
    readonly next: number;
    readonly acked: number;
    readonly deadLettered: number;
  }[];
}

/**
 * What a session's topics and groups are, less what time alone changes: delayed messages become due, logs are trimmed
 * and refusals are counted. Two snapshots are equal when nothing was changed between them.
 */
export async function takeSnapshot(state: SessionState, ask: Ask): Promise<string> {
  const parts: unknown[] = [];
  for (const [topic, groups] of state.topics) {
    const path = `/v1/topics/${encodeURIComponent(topic)}`;
    const shown = (await ask(path)) as (TopicShown & Record<string, unknown>) | null;
    if (shown === null) {
      parts.push([topic, null]);
      continue;
    }
    const { partitionStates, gateState, ...settings } = shown;
    parts.push([topic, settings, partitionStates.map(({ end, delayed }) => end + delayed)]);
    if (gateState !== null) parts.push([gateState.admitted, gateState.credited]);
    const isTrimmed = shown.retention.bytes !== null || (shown.retention.ms ?? Infinity) < 3_600_000;
    for (const group of groups)
      parts.push([group, await takeGroup(`${path}/groups/${group}`, ask, isTrimmed)]);
  }
  return JSON.stringify(parts);
}

async function takeGroup(path: string, ask: Ask, isTrimmed: boolean): Promise<unknown> {
  const shown = (await ask(path)) as GroupShown | null;
  if (shown === null) return null;
  const ended = shown.partitions.map(({ acked, deadLettered }) => [acked, deadLettered]);
  // A cursor is shown no further back than the log begins, and what was trimmed is held no more.
  const held = isTrimmed ? null : [shown.partitions.map(({ next }) => next), shown.inFlight + shown.retrying];
  return [shown.version, shown.paused, ended, held];
}

/** Where two snapshots begin to differ, with what stands around it. */
export function differenceOf(before: string, after: string): string {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  const around = (text: string) => text.slice(Math.max(0, at - 150), at + 60);
  return `${around(before)} became ${around(after)}`;
}
