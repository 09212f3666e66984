import { limits, TidegateError } from "@tidegate/contracts";
import type { ScriptArgument } from "../redis/script.ts";
import { requireInteger } from "../require.ts";

/** How a lease ends. What is named nowhere is retried, unless `ack` is `all`: then it is acknowledged. */
export interface Outcome {
  readonly ack?: "all" | readonly number[] | undefined;
  /** Deliver again after `delayMs`, or after the group's back-off. Spends an attempt. */
  readonly retry?: readonly { readonly offset: number; readonly delayMs?: number | undefined }[] | undefined;
  /** Give back as if never handed out. */
  readonly release?: readonly number[] | undefined;
  /** Move to the dead-letter log. */
  readonly deadLetter?:
    | readonly { readonly offset: number; readonly reason?: string | undefined }[]
    | undefined;
  /**
   * The last offset that came with the lease, for who made it grow: a lease that never had it is LEASE_LOST, as after
   * Redis was restored from a state before the growth, so that nobody takes its end for that of what he holds.
   */
  readonly heldLast?: number | undefined;
}

interface Range {
  first: number;
  last: number;
  readonly code: string;
  readonly delay: string;
  readonly reason: string;
}

/** The default code and the ranges that `settle-lease` takes for an outcome. @throws INVALID */
export function outcomeArguments(outcome: Outcome): { defaultCode: string; ranges: ScriptArgument[] } {
  const named: Range[] = [];
  const name = (field: string, offset: number, code: string, delay = "", reason = "") => {
    requireInteger(field, offset, 0, Number.MAX_SAFE_INTEGER);
    named.push({ first: offset, last: offset, code, delay, reason });
  };
  const { ack, retry = [], release = [], deadLetter = [], heldLast } = outcome;
  if (heldLast !== undefined) requireInteger("heldLast", heldLast, 0, Number.MAX_SAFE_INTEGER);
  if (ack !== "all")
    for (const [index, offset] of (ack ?? []).entries()) name(`ack[${index}]`, offset, "ack");
  for (const [index, { offset, delayMs }] of retry.entries()) {
    if (delayMs !== undefined) requireInteger(`retry[${index}].delayMs`, delayMs, 0, limits.retryDelayMs);
    name(`retry[${index}].offset`, offset, "retry", delayMs === undefined ? "" : String(delayMs));
  }
  for (const [index, offset] of release.entries()) name(`release[${index}]`, offset, "release");
  for (const [index, { offset, reason = "" }] of deadLetter.entries()) {
    if (reason.length > limits.reasonLength) {
      throw new TidegateError("INVALID", `A reason has at most ${limits.reasonLength} characters`, {
        field: `deadLetter[${index}].reason`,
        limit: limits.reasonLength,
      });
    }
    name(`deadLetter[${index}].offset`, offset, "dead-letter", "", reason);
  }
  const ranges = joinRanges(named);
  return {
    defaultCode: ack === "all" ? "ack" : "retry",
    ranges: ranges.flatMap(({ first, last, code, delay, reason }) => [first, last, code, delay, reason]),
  };
}

/** What `extend-lease` takes for offsets that are done and offsets that go back. @throws INVALID */
export function keptArguments(ack: readonly number[], release: readonly number[]): ScriptArgument[] {
  const named: Range[] = [];
  const name = (field: string, offsets: readonly number[], code: string) => {
    for (const [index, offset] of offsets.entries()) {
      requireInteger(`${field}[${index}]`, offset, 0, Number.MAX_SAFE_INTEGER);
      named.push({ first: offset, last: offset, code, delay: "", reason: "" });
    }
  };
  name("ack", ack, "ack");
  name("release", release, "release");
  return joinRanges(named).flatMap(({ first, last, code }) => [first, last, code]);
}

function joinRanges(named: Range[]): Range[] {
  named.sort((one, other) => one.first - other.first);
  const ranges: Range[] = [];
  for (const next of named) {
    const range = ranges.at(-1);
    if (range && next.first <= range.last) {
      throw new TidegateError("INVALID", `offset ${next.first} is named twice`, {
        field: "offset",
        limit: 1,
      });
    }
    const joins =
      range &&
      range.last + 1 === next.first &&
      range.code === next.code &&
      range.delay === next.delay &&
      range.reason === next.reason;
    if (joins) range.last = next.last;
    else ranges.push(next);
  }
  return ranges;
}

/** An error of a script about an offset, with the field that named it and the offsets that the lease was given. */
export function nameOffset(error: unknown, outcome: Outcome): unknown {
  if (!(error instanceof TidegateError) || error.code !== "INVALID") return error;
  if (error.message.startsWith("ack names every"))
    return new TidegateError("INVALID", error.message, { field: "ack" });
  const told = /^offset (\d+) is not among (\d+ to \d+)$/.exec(error.message);
  if (told === null) return error;
  const offset = Number(told[1]);
  const lists = {
    ack: outcome.ack === "all" ? [] : (outcome.ack ?? []),
    retry: outcome.retry?.map((named) => named.offset) ?? [],
    release: outcome.release ?? [],
    deadLetter: outcome.deadLetter?.map((named) => named.offset) ?? [],
  };
  for (const [name, offsets] of Object.entries(lists)) {
    const index = offsets.indexOf(offset);
    const field =
      name === "retry" || name === "deadLetter" ? `${name}[${index}].offset` : `${name}[${index}]`;
    if (index >= 0) return new TidegateError("INVALID", error.message, { field, limit: told[2]! });
  }
  return error;
}
