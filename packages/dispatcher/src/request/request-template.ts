import { type Push, pushHeaders } from "@tidegate/contracts";

/** What is the same in every request to an endpoint, made once for its settings. */
export interface RequestTemplate {
  readonly push: Push;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** The address and the headers of a push. Its own headers are sent along, but take the place of none that it needs. */
export function requestTemplate(push: Push): RequestTemplate {
  const headers: Record<string, string> = { "user-agent": "tidegate" };
  for (const [name, value] of Object.entries(push.headers)) headers[name.toLowerCase()] = value;
  headers["content-type"] = "application/json";
  // Nobody unpacks an answer here.
  headers["accept-encoding"] = "identity";
  headers[pushHeaders.timeout] = String(push.timeoutMs);
  return { push, url: new URL(push.url), headers };
}
