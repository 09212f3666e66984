import { auditReport } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { type Route, signalOf, topicOf } from "../route.ts";

/** The recount of a topic. Not for the scope `read`: it reads the whole log, which may take minutes. */
export const auditRoute: Route = {
  method: "GET",
  path: "/v1/topics/:topic/audit",
  permission: "admin",
  adminOnly: true,
  ownTime: true,
  summary: "Recount a topic: each message of each group in one state, and counters as they should be",
  answers: { 200: auditReport },
  async handle(call, services) {
    const signal = signalOf(call.signal, services);
    return json(200, await services.engineOf(call).audit(topicOf(call), { signal }));
  },
};
