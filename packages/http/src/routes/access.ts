import { access } from "@tidegate/contracts";
import { json } from "../answer.ts";
import type { Route } from "../route.ts";

/** What a page asks before it offers to change something. */
export const accessRoute: Route = {
  method: "GET",
  path: "/v1/access",
  permission: "admin",
  always: true,
  summary: "Whether the token may change things, or only look",
  answers: { 200: access },
  handle: (call, services) => json(200, { admin: !services.asksTokens || services.isAdmin(call) }),
};
