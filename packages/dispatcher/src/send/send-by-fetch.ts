import { CollectedText } from "./collected-text.ts";
import { type Send, type SendAnswer, SendFailed, type SendRequest } from "./send.ts";

/**
 * Sends with the runtime's own `fetch`, for Workers. Names are resolved by the runtime, out of sight: what they mean cannot
 * be checked, so only names and addresses as they are written are (on Cloudflare, `fetch` does not reach private networks
 * anyway).
 */
export const sendByFetch: Send = Object.assign(send, { resolves: false });

async function send({ url, method, headers, body, abort, limitOf }: SendRequest): Promise<SendAnswer> {
  const controller = new AbortController();
  abort.listen((reason) => controller.abort(reason));
  let response: Response | null = null;
  try {
    const { signal } = controller;
    response = await fetch(url, {
      method,
      headers,
      body: body as NonNullable<RequestInit["body"]> | null,
      signal,
      redirect: "manual",
    });
    const { status, headers: answered } = response;
    const limit = limitOf(status, answered.get("content-type"));
    const collected = await collect(response.body as AsyncIterable<Uint8Array> | null, limit);
    return {
      status,
      header: (name) => answered.get(name),
      text: collected.text(),
      whole: collected.whole,
    };
  } catch (error) {
    if (abort.reason !== null) throw abort.reason;
    // It does not say how far a request came that got no answer; one that could not connect says no more.
    const text = error instanceof Error ? error.message : String(error);
    throw new SendFailed(response === null ? "unreached" : "broken", text);
  } finally {
    abort.listen(null);
  }
}

async function collect(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<CollectedText> {
  const collected = new CollectedText(limit);
  // Leaving the loop early cancels the body: the runtime closes the connection.
  if (body !== null) for await (const chunk of body) if (!collected.add(chunk)) break;
  return collected;
}
