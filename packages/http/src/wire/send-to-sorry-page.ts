import type { TidegateError } from "@tidegate/contracts";
import type { Topic } from "@tidegate/core";
import type { Answer } from "../answer.ts";
import type { Call } from "../call.ts";
import { isFormBody } from "./content-type.ts";
import { gateCodes } from "./refused-publish.ts";

/** A gate's refusals, those of the waiting line before it, and of a server or a Redis that has too much to do. */
const sorryCodes: ReadonlySet<string> = new Set([
  ...gateCodes,
  "ADMISSION_REQUIRED",
  "ADMISSION_INVALID",
  "ADMISSION_EXPIRED",
  "ADMISSION_USED",
  "OVERLOADED",
]);

/** Whether a publish is a form that a browser sends, whose answer a person is going to see. */
export function isFormPost(call: Call, contentType: string | null): boolean {
  return isFormBody(contentType) && (call.header("accept") ?? "").toLowerCase().includes("text/html");
}

/**
 * Where a person goes whose form was refused: the page that the topic's gate names, with the code and, where it may pass,
 * after how many seconds. Null when the refusal is not about room, or the gate names no page.
 */
export function sendToSorryPage(topic: Topic | undefined, error: TidegateError): Answer | null {
  const redirectTo = topic?.gate?.redirectTo ?? null;
  if (redirectTo === null || !sorryCodes.has(error.code)) return null;
  const location = new URL(redirectTo);
  location.searchParams.set("code", error.code);
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (error.retryable) {
    const seconds = String(Math.max(1, Math.ceil((error.details.retryAfterMs ?? 0) / 1000)));
    location.searchParams.set("retryAfter", seconds);
    headers["retry-after"] = seconds;
  }
  headers.location = location.href;
  return { status: 303, headers, body: null };
}
