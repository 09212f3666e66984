import { type HttpTaskMessage, httpTaskMessage } from "./http-tasks.ts";
import { limits } from "./limits.ts";

const utf8 = new TextEncoder();
const json = utf8.encode("application/json");

/** What limits by key go by where a task names nothing: the host of its URL. A longer one than may resolve is cut. */
function hostOf(url: string): string {
  return new URL(url).host.slice(0, limits.flowKeyLength);
}

/** An HTTP task as a message of its topic: the same task is the same message. */
export function encodeHttpTask(task: HttpTaskMessage): {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array }[];
} {
  return {
    key: utf8.encode(task.flowKey ?? hostOf(task.url)),
    value: utf8.encode(JSON.stringify(task)),
    headers: [{ key: "content-type", value: json }],
  };
}

/** The HTTP task in a message's value, or why there is none. */
export function decodeHttpTask(value: Uint8Array | null): HttpTaskMessage | { readonly refusal: string } {
  if (value === null) return { refusal: "no HTTP task: it is empty" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
  } catch {
    return { refusal: "no HTTP task: it is no JSON" };
  }
  const read = httpTaskMessage.safeParse(parsed);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const field = path.length === 0 ? "" : `${path.map(String).join(".")}: `;
  return { refusal: `no HTTP task: ${field}${message}` };
}
