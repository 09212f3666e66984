import type { TicketState } from "@tidegate/contracts";
import type { OffsetState, Standing } from "../group-verbs/standing.ts";
import type { Kept } from "../results/results.ts";

/** What a ticket names: a message in the log (`offset`), or one that waits for its time (`delayedId`). */
export interface TicketPlace {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number | null;
  readonly delayedId: number | null;
}

/** What a ticket tells: the contract's `ticketStatus`, its result as text. */
export interface TicketStanding {
  readonly state: TicketState;
  readonly position: number | null;
  readonly etaMs: number | null;
  /** JSON; null without a result. */
  readonly resultText: string | null;
  /** Why it has failed; else null. */
  readonly error: string | null;
  /** While it is delayed: when it is due. */
  readonly dueAt: number | null;
  /** Where it is in the log; null while it is delayed, or when that was long ago. */
  readonly offset: number | null;
}

const blank = { position: null, etaMs: null, resultText: null, error: null, dueAt: null };

/** What the ticket of a message in the log tells. */
export function standingOf(
  offset: number,
  state: OffsetState,
  { committed, rate }: Pick<Standing, "committed" | "rate">,
  { result, failure }: Kept,
): TicketStanding {
  if (result?.status === "ok") return { ...blank, state: "done", offset, resultText: result.text };
  if (result?.status === "error") return { ...blank, state: "failed", offset, error: result.error };
  if (state === "expired") return { ...blank, state: "failed", offset, error: "Retention took it away" };
  if (state === "ended") {
    return failure === null
      ? { ...blank, state: "done", offset }
      : { ...blank, state: "failed", offset, error: failure };
  }
  if (state === "processing") return { ...blank, state, offset };
  const position = Math.max(0, offset - committed);
  const etaMs = rate === null ? null : Math.ceil((position / rate) * 1000);
  return { ...blank, state, offset, position, etaMs };
}

/** What the ticket of a message tells that is not due yet. */
export function delayedStanding(dueAt: number, now: number): TicketStanding {
  return { ...blank, state: "waiting", offset: null, dueAt, etaMs: Math.max(0, dueAt - now) };
}

/** What it tells long after it was due: whether everything has ended that it could have been. */
export function longDueStanding(hasEnded: boolean): TicketStanding {
  return { ...blank, state: hasEnded ? "done" : "waiting", offset: null };
}
