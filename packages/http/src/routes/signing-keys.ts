import { signingKeys, TidegateError } from "@tidegate/contracts";
import { json } from "../answer.ts";
import type { Route } from "../route.ts";

const path = "/v1/signing-keys";

/** The keys that pushed requests are signed with. */
export const signingKeyRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    permission: "admin",
    adminOnly: true,
    summary:
      "The keys that pushed requests are signed with: the one in use, and the one after the next rotation",
    answers: { 200: signingKeys },
    async handle(call, services) {
      return json(200, services.signingKeys ?? (await services.engineOf(call).signingKeys()));
    },
  },
  {
    method: "POST",
    path: `${path}/rotate`,
    permission: "admin",
    summary: "Sign with the next key from now on; within a minute of another rotation nothing changes",
    answers: { 200: signingKeys },
    async handle(call, services) {
      if (services.signingKeys !== null) {
        throw new TidegateError(
          "NOT_SUPPORTED",
          "The signing keys of this deployment are configured: rotate them there",
        );
      }
      return json(200, await services.engineOf(call).rotateSigningKeys());
    },
  },
];
