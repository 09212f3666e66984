import type { IncomingMessage, ServerResponse } from "node:http";
import type { ConsolePage } from "@tidegate/console";

/** Shows the operators' page where it is asked for; false for whatever else. Costs the API a comparison. */
export function showConsole(page: ConsolePage, incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  const { method = "", url = "", headers } = incoming;
  if (method !== "GET" && method !== "HEAD") return false;
  if (url.startsWith("/v1/")) return false;
  const answer = page.answer({ method, url, headers });
  if (answer === null) return false;
  const { status, body } = answer;
  const length: Record<string, number> = body === null ? {} : { "content-length": Buffer.byteLength(body) };
  outgoing.writeHead(status, { ...answer.headers, ...length });
  outgoing.end(method === "HEAD" ? undefined : (body ?? undefined));
  return true;
}
