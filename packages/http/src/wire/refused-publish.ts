import { type Place, type PublishOutcome, type Refusal, TidegateError } from "@tidegate/contracts";
import { type AppendOutcome, stockUnits, type TicketOrigin, type Tickets, type Topic } from "@tidegate/core";
import type { Answer } from "../answer.ts";
import { problemAnswer } from "../problem.ts";

/** The refusals of a gate. */
export const gateCodes: ReadonlySet<string> = new Set(["SOLD_OUT", "KEY_LIMIT", "BACKLOG_FULL"]);

/**
 * The problem document of a publish of which at least one message was refused. When all met the same refusal it is
 * that one, with its status; else PARTLY_ADMITTED, which is not retryable: repeating the whole request would publish
 * again what was admitted, unless it has idempotency keys.
 */
export function refusedPublish(
  outcomes: readonly AppendOutcome[],
  topic: Topic,
  tickets: Tickets,
  requestId: string,
): Answer {
  const messages = outcomes.map((outcome) =>
    outcome.status === "refused" ? refusalOf(outcome.error) : placeOf(outcome, topic, tickets),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === "refused" ? [outcome.error] : []));
  const redirectTo = topic.gate?.redirectTo ?? null;
  const byGate = redirectTo !== null && errors.some(({ code }) => gateCodes.has(code));
  const error = wholeError(errors, outcomes.length);
  return problemAnswer(error, requestId, byGate ? { messages, redirectTo } : { messages });
}

function wholeError(errors: readonly TidegateError[], count: number): TidegateError {
  const first = errors.reduce((one, other) => (afterMs(other) > afterMs(one) ? other : one));
  if (errors.length === count && errors.every((error) => error.code === first.code)) return first;
  const detail = `${count - errors.length} of ${count} messages were admitted`;
  return new TidegateError("PARTLY_ADMITTED", detail);
}

/** Who comes back comes back for all of them. */
function afterMs({ details }: TidegateError): number {
  return details.retryAfterMs ?? 0;
}

function refusalOf(error: TidegateError): Refusal {
  const { field, limit } = error.details;
  const refusal: Refusal = { code: error.code, retryable: error.retryable, detail: error.message };
  if (field !== undefined) refusal.field = field;
  if (limit !== undefined) refusal.limit = limit;
  return refusal;
}

function placeOf(
  outcome: Exclude<AppendOutcome, { status: "refused" }>,
  origin: TicketOrigin,
  tickets: Tickets,
): PublishOutcome {
  const { partition } = outcome;
  const place: Place =
    outcome.status === "appended"
      ? {
          partition,
          offset: outcome.offset,
          ticket: tickets.forOffset(origin, partition, outcome.offset, stockUnits),
        }
      : {
          partition,
          offset: null,
          ticket: tickets.forDelayed(origin, partition, outcome.delayedId, stockUnits),
        };
  if (outcome.duplicate) place.duplicate = true;
  return place;
}
