import { isFinal } from "@tidegate/contracts";
import type { TicketStanding } from "@tidegate/core";
import type { EventKind } from "../events/state-events.ts";
import { showTicket, tagOf } from "./show-ticket.ts";

/** How a ticket's states are told: another state at once, positions now and then. */
export const ticketEventKind: EventKind<TicketStanding> = {
  tagOf,
  show: showTicket,
  isFinal: ({ state }) => isFinal(state),
  isNews: (standing, told) => standing.state !== told.state,
};
