import { limits, TidegateError, ticketStatus } from "@tidegate/contracts";
import type { Engine, Ticket } from "@tidegate/core";
import type { Answer } from "../answer.ts";
import type { Call } from "../call.ts";
import { eventAnswer } from "../events/state-events.ts";
import { queryOf, type Route, type Services, signalOf, wholeNumberOf } from "../route.ts";
import { showTicket, ticketAnswer } from "../tickets/show-ticket.ts";
import { ticketEventKind } from "../tickets/ticket-event-kind.ts";

const ticketQuery = {
  waitMs: "How long to wait for a change of the state, 0 to 30,000 (0). Not cached then.",
};

/**
 * `GET /v1/tickets/{ticket}`: what has become of a message. Asks for no token: who holds a ticket was given it, and it
 * cannot be guessed.
 */
export const ticketRoute: Route = {
  method: "GET",
  path: "/v1/tickets/:ticket",
  permission: "open",
  summary: "Where a message stands, and its result; cacheable",
  query: ticketQuery,
  answers: { 200: ticketStatus, 304: null },
  async handle(call, services) {
    const waitMs = wholeNumberOf(queryOf(call, ticketQuery), "waitMs", 0, limits.ticketWaitMs) ?? 0;
    if (waitMs === 0) return lookAtTicket(call, services);
    call.waitMs = waitMs;
    const engine = services.engineOf(call);
    const place = await openTicket(call, services, engine);
    const signal = signalOf(call.signal, services);
    const standing = await engine.tickets.wait(place, { timeoutMs: waitMs, until: "change", signal });
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return { status: 200, headers, body: showTicket(standing) };
  },
};

/** `GET /v1/tickets/{ticket}/events`: the same as server-sent events. */
export const ticketEventsRoute: Route = {
  method: "GET",
  path: "/v1/tickets/:ticket/events",
  permission: "open",
  summary:
    "Each change of where a message stands, as server-sent events; 204 when the caller knows the last one",
  headers: { "Last-Event-ID": "The last event that the caller had, as browsers send it." },
  answers: { 200: "text/event-stream", 204: null },
  async handle(call, services) {
    const engine = services.engineOf(call);
    const place = await openTicket(call, services, engine);
    const first = await engine.tickets.look(place);
    const { tickets } = engine;
    return eventAnswer(call, services, {
      kind: ticketEventKind,
      first,
      watch: tickets.mayWatch ? (signal) => tickets.watch(place, signal, first) : null,
    });
  },
};

/** Answers what a ticket tells now. */
export async function lookAtTicket(call: Call, services: Services): Promise<Answer> {
  const engine = services.engineOf(call);
  return ticketAnswer(call, await engine.tickets.look(await openTicket(call, services, engine)));
}

async function openTicket(call: Call, services: Services, engine: Engine): Promise<Ticket> {
  const ticket = (await services.ticketsOf(engine)).open(call.param("ticket") ?? "");
  if (ticket === null) throw new TidegateError("NOT_FOUND", "This deployment made no such ticket");
  return ticket;
}
