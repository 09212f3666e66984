import type { TicketStatus } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

export interface TicketOptions extends CallOptions {
  /** Wait so long for the state to change (0 to 30,000); final ones answer at once. Default 0. */
  waitMs?: number;
}

/** Asks what has become of a message: `ticket` is what its publish was answered with. Throws NOT_FOUND. */
export async function ticket(http: Http, id: string, options: TicketOptions = {}): Promise<TicketStatus> {
  const { waitMs = 0, ...rest } = options;
  const { body } = await http.send<TicketStatus>(
    {
      method: "GET",
      path: pathOf("tickets", id),
      ...(waitMs > 0 && { query: { waitMs } }),
      repeatable: true,
      waitMs,
      fresh: waitMs > 0,
    },
    rest,
  );
  return body;
}
