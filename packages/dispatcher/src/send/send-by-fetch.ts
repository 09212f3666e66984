import { readText } from "./read-text.ts";
import { type Send, SendFailed, type SendRequest } from "./send.ts";

/**
 * Sends with the runtime's own `fetch`, for Workers. Names are resolved by the runtime, out of sight: what they mean cannot
 * be checked, so only names and addresses as they are written are (on Cloudflare, `fetch` does not reach private networks
 * anyway).
 */
export const sendByFetch: Send = Object.assign(send, { resolves: false });

async function send({ url, headers, body, signal }: SendRequest): ReturnType<Send> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  } catch (error) {
    // It does not say how far the request came; a runtime that cannot connect says no more than one that was cut off.
    throw signal.aborted ? signal.reason : new SendFailed("unreached", describe(error));
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    async text(limit) {
      if (response.body === null) return { text: "", whole: true };
      try {
        return await readText(response.body as unknown as AsyncIterable<Uint8Array>, limit);
      } catch (error) {
        throw signal.aborted ? signal.reason : new SendFailed("broken", describe(error));
      }
    },
    discard: () => void response.body?.cancel().catch(() => {}),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
