import type { CreditResponse } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

/** Returns the stock that a message took, once: `ticket` is what its publish was answered with. */
export async function credit(
  http: Http,
  topic: string,
  ticket: string,
  options: CallOptions = {},
): Promise<CreditResponse> {
  const path = pathOf("topics", topic, "gate", "credit");
  return (
    await http.send<CreditResponse>({ method: "POST", path, json: { ticket }, repeatable: true }, options)
  ).body;
}
