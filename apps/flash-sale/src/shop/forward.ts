import { type IncomingMessage, request, type ServerResponse } from "node:http";

/** What visitors may ask of Tidegate, through the shop: nothing that belongs to the operator. */
const allowed = [
  /^GET \/v1\/topics\/orders\/line$/,
  /^POST \/v1\/topics\/orders\/line\/(visitors|admission|heartbeat)$/,
  /^POST \/v1\/topics\/orders\/messages$/,
  /^GET \/v1\/tickets\/[\w-]+(\/events)?(\?waitMs=\d+)?$/,
];

const hopHeaders = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "host",
  "authorization",
  "cookie",
]);

/**
 * Passes a visitor's request on to Tidegate with the shop's own token, and the answer back as it comes, events too. What a
 * shop does with its own function or proxy. Returns false for what visitors may not ask.
 */
export function forward(
  target: URL,
  token: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): boolean {
  const { method = "GET", url = "/" } = incoming;
  if (!allowed.some((pattern) => pattern.test(`${method} ${url}`))) return false;
  const headers: Record<string, string | string[]> = { authorization: `Bearer ${token}` };
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined && !hopHeaders.has(name) && name !== "origin") headers[name] = value;
  const passed = request(new URL(url, target), { method, headers }, (answer) => {
    const own = Object.entries(answer.headers).filter(([name]) => !hopHeaders.has(name));
    outgoing.writeHead(answer.statusCode ?? 502, Object.fromEntries(own));
    answer.pipe(outgoing);
    answer.once("error", () => outgoing.destroy());
  });
  passed.once("error", () => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  outgoing.once("close", () => passed.destroy());
  incoming.pipe(passed);
  return true;
}
