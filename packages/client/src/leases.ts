import type {
  ExtendRequest,
  ExtendResponse,
  ReceiveRequest,
  ReceiveResponse,
  SettleRequest,
  SettleResponse,
} from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

export interface ReceiveOptions extends ReceiveRequest, CallOptions {}

/**
 * Leases messages; with `waitMs`, waits for the first. Not repeated after a lost answer: what it may have
 * leased comes back after its deadline, with one attempt spent.
 */
export async function receive(
  http: Http,
  topic: string,
  group: string,
  options: ReceiveOptions = {},
): Promise<ReceiveResponse> {
  const { signal, timeoutMs, ...request } = options;
  const { body } = await http.send<ReceiveResponse>(
    {
      method: "POST",
      path: pathOf("topics", topic, "groups", group, "receive"),
      json: request,
      repeatable: false,
      waitMs: request.waitMs ?? 0,
      traced: { operation: "receive", destination: topic, group },
    },
    { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) },
  );
  return body;
}

/**
 * Ends a lease. What is named nowhere is retried, unless `ack` is `"all"`. Throws LEASE_LOST when it ended
 * otherwise before.
 */
export async function settle(
  http: Http,
  topic: string,
  group: string,
  leaseId: string,
  outcome: SettleRequest,
  options: CallOptions = {},
): Promise<SettleResponse> {
  const path = pathOf("topics", topic, "groups", group, "leases", leaseId, "settle");
  return (await http.send<SettleResponse>({ method: "POST", path, json: outcome, repeatable: true }, options))
    .body;
}

/** Moves a lease's deadline; may acknowledge what is done so far. Throws LEASE_LOST. */
export async function extend(
  http: Http,
  topic: string,
  group: string,
  leaseId: string,
  request: ExtendRequest = {},
  options: CallOptions = {},
): Promise<ExtendResponse> {
  const path = pathOf("topics", topic, "groups", group, "leases", leaseId, "extend");
  return (await http.send<ExtendResponse>({ method: "POST", path, json: request, repeatable: true }, options))
    .body;
}
