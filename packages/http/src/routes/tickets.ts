import { TidegateError } from "@tidegate/contracts";
import type { Route } from "../route.ts";

function refuse(): never {
  throw new TidegateError("NOT_SUPPORTED", "Asking about a ticket is not supported yet");
}

/** The addresses under which a later version tells a ticket's state. */
export const ticketRoutes: readonly Route[] = ["/v1/tickets/:ticket", "/v1/tickets/:ticket/events"].map(
  (path) => ({
    method: "GET",
    path,
    permission: "open",
    summary: "Not supported yet: answers 422 NOT_SUPPORTED",
    answers: {},
    handle: refuse,
  }),
);
