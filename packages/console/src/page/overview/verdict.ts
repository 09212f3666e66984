import { spanText } from "../format/durations.ts";
import { countText, rateText } from "../format/numbers.ts";

/** Whether a backlog grows or shrinks, and how fast. */
export interface Verdict {
  readonly kind: "grows" | "shrinks" | "stands" | "keeps up" | "idle" | "unknown";
  readonly perSecond: number;
}

const windowMs = 30_000;
/** With less to go by nothing is said. */
const shortestMs = 4_000;
/** What was not told of for so long does not change. */
const stillMs = 2_000;
/** Behind by less than so many seconds of what comes is keeping up. */
const keepsUpSeconds = 2;

/**
 * What the last half minute says: the mean of its beginning against the mean of its end, so that one sample decides nothing.
 * @param until of the clock of `at`: what was not told of until then has stayed as it was
 */
export function judge(
  known: readonly number[],
  knownLag: readonly (number | null)[],
  knownPublished: readonly (number | null)[],
  until = 0,
): Verdict {
  const latest = known.at(-1);
  const still = latest !== undefined && until - latest > stillMs;
  const from = Math.max(latest ?? 0, until - windowMs);
  const at = still ? [...known, from, until - 1_000, until] : known;
  const rest = Array<number>(3).fill(knownLag.at(-1) ?? 0);
  const lag = still ? [...knownLag, ...rest] : knownLag;
  const published = still ? [...knownPublished, 0, 0, 0] : knownPublished;
  const end = at.length;
  const last = at[end - 1];
  if (last === undefined) return { kind: "unknown", perSecond: 0 };
  const first = at.findIndex((time) => time >= last - windowMs);
  if (last - at[first]! < shortestMs) return { kind: "unknown", perSecond: 0 };
  const part = Math.max(1, Math.floor((end - first) / 4));
  const mean = (values: readonly (number | null)[], from: number, to: number) => {
    let sum = 0;
    for (let index = from; index < to; index++) sum += values[index] ?? 0;
    return sum / (to - from);
  };
  const seconds = (mean(at, end - part, end) - mean(at, first, first + part)) / 1_000;
  const perSecond = (mean(lag, end - part, end) - mean(lag, first, first + part)) / Math.max(0.5, seconds);
  const comes = mean(published, first, end);
  const stands = lag[end - 1] ?? 0;
  if (stands === 0 && comes === 0) return { kind: "idle", perSecond: 0 };
  const noticeable = Math.max(0.5, comes * 0.02);
  if (stands <= comes * keepsUpSeconds || stands < 10) return { kind: "keeps up", perSecond };
  if (perSecond > noticeable) return { kind: "grows", perSecond };
  if (perSecond < -noticeable) return { kind: "shrinks", perSecond };
  return { kind: "stands", perSecond };
}

/** A verdict in one sentence. */
export function verdictText({ kind, perSecond }: Verdict, lag: number): string {
  const speed = `${rateText(Math.abs(perSecond))}\u202f/\u202fs`;
  if (kind === "grows") return `The backlog grows by ${speed}`;
  if (kind === "shrinks") {
    const left = (lag / -perSecond) * 1_000;
    return `The backlog shrinks by ${speed}: empty in about ${spanText(left)}`;
  }
  if (kind === "stands") return `The backlog stands at ${countText(lag)}`;
  if (kind === "keeps up") return "Consumers keep up";
  if (kind === "idle") return "Nothing waits, and nothing comes";
  return "Looking …";
}
