import { isFinal, type TidegateError } from "@tidegate/contracts";
import type { TicketStanding } from "@tidegate/core";
import { asTidegateError } from "../problem.ts";
import { showTicket, tagOf } from "./show-ticket.ts";

/** A position is told at most so often. */
const positionEveryMs = 1_000;
const heartbeatMs = 15_000;
/** After how long a browser whose stream has ended asks again. */
const retryMs = 2_000;
/** Events that may wait for a slow reader; what comes then is left out until he has read. */
const waitingEvents = 16;

/** What makes the events of one ticket. */
export interface TicketEventsOptions {
  /** What was seen first. */
  readonly first: TicketStanding;
  /** What each further look finds; null where nothing may watch: then the stream ends at once, and is asked for again. */
  readonly watch: ((signal: AbortSignal) => AsyncIterable<TicketStanding>) | null;
  /** Ends the stream. */
  readonly ends: readonly AbortSignal[];
}

/**
 * A ticket's states as server-sent events: `state` at each change, a comment now and then so that nobody in between takes
 * the connection for dead, and the end after a final state. `problem` is the last event when the topic goes.
 */
export function ticketEvents({ first, watch, ends }: TicketEventsOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const over = new AbortController();
  const end = () => over.abort();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => {
          if (!over.signal.aborted) controller.enqueue(encoder.encode(text));
        };
        const isSlow = () => (controller.desiredSize ?? 1) <= 0;
        send(`retry: ${retryMs}\n${stateEvent(first)}`);
        const heartbeat = setInterval(() => {
          if (!isSlow()) send(":\n\n");
        }, heartbeatMs);
        for (const signal of ends) {
          signal.addEventListener("abort", end, { once: true });
          if (signal.aborted) end();
        }
        const told =
          watch === null || isFinal(first.state)
            ? Promise.resolve()
            : tell(first, watch(over.signal), send, isSlow);
        told
          .catch((thrown: unknown) => send(problemEvent(asTidegateError(thrown))))
          .finally(() => {
            clearInterval(heartbeat);
            for (const signal of ends) signal.removeEventListener("abort", end);
            end();
            try {
              controller.close();
            } catch {
              // The reader was first.
            }
          });
      },
      cancel: end,
    },
    { highWaterMark: waitingEvents },
  );
}

async function tell(
  first: TicketStanding,
  standings: AsyncIterable<TicketStanding>,
  send: (text: string) => void,
  isSlow: () => boolean,
): Promise<void> {
  let told = first;
  let toldAt = Date.now();
  for await (const standing of standings) {
    if (tagOf(standing) === tagOf(told)) continue;
    const isNews = standing.state !== told.state;
    if (!isNews && (Date.now() - toldAt < positionEveryMs || isSlow())) continue;
    send(stateEvent(standing));
    told = standing;
    toldAt = Date.now();
  }
}

function stateEvent(standing: TicketStanding): string {
  return `event: state\nid: ${tagOf(standing)}\ndata: ${showTicket(standing)}\n\n`;
}

function problemEvent({ code, message, retryable }: TidegateError): string {
  return `event: problem\ndata: ${JSON.stringify({ code, detail: message, retryable })}\n\n`;
}
