import { QueryCache, QueryClient } from "@tanstack/react-query";
import { Client, TidegateError } from "@tidegate/client";
import { createContext, useContext } from "react";
import { askForToken, session } from "../session/session.ts";

/** A client of the server that the page came from. An operator waits for a moment, not for half a minute. */
export function clientFor(token: string | null): Client {
  return new Client({
    url: location.origin,
    ...(token !== null && { token }),
    timeoutMs: 10_000,
    retries: 2,
    fetch: (input, init) => (session.get().asking === null ? fetch(input, init) : Promise.resolve(notNow())),
  });
}

/** While a token is asked for, the server need not say again that it wants one. */
function notNow(): Response {
  return Response.json({ code: "UNAUTHORIZED", status: 401, detail: "Sign in first" }, { status: 401 });
}

const context = createContext<Client | null>(null);
export const ApiProvider = context.Provider;

export function useClient(): Client {
  const client = useContext(context);
  if (client === null) throw new Error("outside of the ApiProvider");
  return client;
}

/** What was looked up, and how often it is looked up again while it is on screen: each use says so itself. */
export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 1_000, gcTime: 60_000, networkMode: "always" } },
  queryCache: new QueryCache({ onError: noteRefusal }),
});

/** A token that is no longer taken is asked for anew, whatever it was used for. */
export function noteRefusal(error: unknown): void {
  if (error instanceof TidegateError && error.code === "UNAUTHORIZED") askForToken(true);
}
