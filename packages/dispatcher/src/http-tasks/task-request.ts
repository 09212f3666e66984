import { Buffer } from "node:buffer";
import { type HttpTaskMessage, httpTaskDefaults, pushHeaders } from "@tidegate/contracts";

/** What is sent for an HTTP task; its signature is not there yet. */
export interface TaskRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
  readonly timeoutMs: number;
}

/** The request that an HTTP task is. Its own headers are sent along, but take the place of none that the call needs. */
export function taskRequest(task: HttpTaskMessage): TaskRequest {
  const headers: Record<string, string> = { "user-agent": "tidegate" };
  const { body, contentType } = bodyOf(task);
  if (contentType !== null) headers["content-type"] = contentType;
  for (const [name, value] of Object.entries(task.headers ?? {})) headers[name.toLowerCase()] = value;
  // Nobody unpacks an answer here.
  headers["accept-encoding"] = "identity";
  const timeoutMs = task.timeoutMs ?? httpTaskDefaults.timeoutMs;
  headers[pushHeaders.timeout] = String(timeoutMs);
  return {
    url: new URL(task.url),
    method: task.method ?? httpTaskDefaults.method,
    headers,
    body,
    timeoutMs,
  };
}

/** A text as it is, bytes as they are, everything else as JSON. */
function bodyOf({ body, bodyBase64 }: HttpTaskMessage): {
  readonly body: string | Uint8Array | null;
  readonly contentType: string | null;
} {
  if (bodyBase64 !== undefined)
    return { body: Buffer.from(bodyBase64, "base64"), contentType: "application/octet-stream" };
  if (body === undefined) return { body: null, contentType: null };
  if (typeof body === "string") return { body, contentType: "text/plain; charset=UTF-8" };
  return { body: JSON.stringify(body), contentType: "application/json" };
}
