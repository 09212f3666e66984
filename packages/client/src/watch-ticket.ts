import { isFinal, type TicketStatus } from "@tidegate/contracts";
import { type Http, pathOf } from "./http.ts";
import { type WatchOptions, watchStates } from "./watch-states.ts";

/** A ticket's states as they change, live, up to the final one; see `watchStates`. */
export function watchTicket(
  http: Http,
  id: string,
  options?: WatchOptions,
  patienceMs?: number,
): AsyncGenerator<TicketStatus, void, undefined> {
  const path = pathOf("tickets", id, "events");
  return watchStates<TicketStatus>(http, path, ({ state }) => isFinal(state), options, patienceMs);
}
