import { diagnosis } from "@tidegate/contracts";
import { json } from "../answer.ts";
import type { Route } from "../route.ts";

/** What endangers messages in Redis. Not for the scope `read`: it tells how the servers behind are set and where they are. */
export const doctorRoute: Route = {
  method: "GET",
  path: "/v1/doctor",
  permission: "admin",
  adminOnly: true,
  // A Redis that cannot be reached is what it is for.
  always: true,
  ownTime: true,
  summary: "Examine Redis: what is dangerous, why, and how to mend it; a Redis that is away is a finding",
  answers: { 200: diagnosis },
  async handle(call, services) {
    return json(200, { findings: await services.engineOf(call).doctor() });
  },
};
