import type { TicketStanding } from "@tidegate/core";
import type { Answer } from "../answer.ts";
import type { Call } from "../call.ts";
import { fingerprint } from "../events/fingerprint.ts";

/** For how long, in seconds, an answer may be kept: by how far off the next change is. */
const shortestAge = 1;
const longestAge = 30;
/** A result is kept in Redis for a set time; a cache that has it may keep it as well. */
const resultAge = 3600;

/** A ticket's state as the contract's `ticketStatus`. By hand, since the result is JSON already. */
export function showTicket({ state, position, etaMs, resultText, dueAt, error }: TicketStanding): string {
  const due = dueAt === null ? "" : `,"dueAt":${dueAt}`;
  const why = error === null ? "" : `,"error":${JSON.stringify(error)}`;
  return `{"state":"${state}","position":${position},"etaMs":${etaMs},"result":${resultText}${due}${why}}`;
}

/**
 * Tells two states of a ticket apart. An estimate that has moved is no change: a caller that has the rest is told so with
 * 304, and keeps counting down.
 */
export function tagOf({ state, position, resultText, dueAt, error }: TicketStanding): string {
  if (state === "waiting") return dueAt === null ? `waiting-${position}` : `due-${dueAt}`;
  const text = resultText ?? error;
  return text === null ? state : `${state}-${text.length}-${fingerprint(text)}`;
}

/** The answer to a look at a ticket: cacheable, the longer the further off its turn is. */
export function ticketAnswer(call: Call, standing: TicketStanding): Answer {
  const tag = `W/"${tagOf(standing)}"`;
  const headers = { "cache-control": `public, ${freshness(standing)}`, etag: tag };
  if (
    call
      .header("if-none-match")
      ?.split(/\s*,\s*/)
      .includes(tag)
  )
    return { status: 304, headers, body: null };
  return {
    status: 200,
    headers: { ...headers, "content-type": "application/json" },
    body: showTicket(standing),
  };
}

/** A dead letter may be redriven, and what was settled without a result may yet get one from a repeat. */
function freshness({ state, etaMs, resultText }: TicketStanding): string {
  if (state === "done" && resultText !== null) return `max-age=${resultAge}, immutable`;
  if (state === "done" || state === "failed") return `max-age=${longestAge}`;
  const age = state === "waiting" ? Math.round((etaMs ?? 0) / 10_000) : shortestAge;
  return `max-age=${Math.min(longestAge, Math.max(shortestAge, age))}`;
}
