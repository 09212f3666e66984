import * as z from "zod";
import { ticketStates } from "./ticket-state.ts";

/** What has become of a message, on the wire. */
export const ticketState = z.enum(ticketStates);

/**
 * Answer of `GET /v1/tickets/{ticket}`, and the data of each `state` event of `GET /v1/tickets/{ticket}/events`.
 * The same ticket asked again may have lost its `result`: it is kept for a set time.
 */
export const ticketStatus = z.object({
  state: ticketState,
  /** Messages of its partition before it that have not ended; 0 is being next. Null unless it waits in line. */
  position: z.int().nullable(),
  /** In how many milliseconds its turn comes, at the group's present rate; null where that is unknown. */
  etaMs: z.int().nullable(),
  /** What its handler returned as `result(value)`: any JSON value; null without one. */
  result: z.unknown(),
  /** Only while it is not due: when it will be, in milliseconds since 1970. */
  dueAt: z.int().exactOptional(),
  /** Only when it has failed: why. */
  error: z.string().exactOptional(),
});
export type TicketStatus = z.infer<typeof ticketStatus>;
