/**
 * What has become of a message for the group that its topic's tickets speak of (`ticketGroup`):
 * - `waiting`: not due yet (then there is `dueAt`), or behind others in its partition,
 * - `processing`: it was handed out, or waits for another attempt,
 * - `done`: a handler has given its result, or the message was acknowledged,
 * - `failed`: it was given up and is a dead letter; a redrive sends it on its way again.
 */
export const ticketStates = ["waiting", "processing", "done", "failed"] as const;
export type TicketState = (typeof ticketStates)[number];

/** Whether nothing more will come of a message by itself. */
export function isFinal(state: TicketState): boolean {
  return state === "done" || state === "failed";
}
