import * as z from "zod";

/**
 * What has become of a message for the group that its topic's tickets speak of (`ticketGroup`):
 * - `waiting`: not due yet (then there is `dueAt`), or behind others in its partition,
 * - `processing`: it was handed out, or waits for another attempt,
 * - `done`: a handler has given its result, or the message was acknowledged,
 * - `failed`: it was given up and is a dead letter; a redrive sends it on its way again.
 */
export const ticketState = z.enum(["waiting", "processing", "done", "failed"]);
export type TicketState = z.infer<typeof ticketState>;

/** Whether nothing more will come of a message by itself. */
export function isFinal(state: TicketState): boolean {
  return state === "done" || state === "failed";
}

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
