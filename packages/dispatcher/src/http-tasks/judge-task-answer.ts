import { type HttpTaskResponse, limits, pushHeaders } from "@tidegate/contracts";
import { describeAnswer, isSuccess } from "../answer/judge-answer.ts";
import { isRedirect } from "../answer/redirect.ts";
import { retryAfterMs } from "../answer/retry-after.ts";
import type { Failed } from "../answer/verdict.ts";
import type { SendAnswer } from "../send/send.ts";

/** What an answer to an HTTP task means. */
export type TaskVerdict =
  /** A 2xx, whatever it says. */
  | { readonly kind: "done"; readonly response: HttpTaskResponse }
  | (Failed & { readonly response: HttpTaskResponse })
  /** The endpoint will never take it. */
  | { readonly kind: "rejected"; readonly reason: string; readonly response: HttpTaskResponse }
  /** 429 or 503: not now. */
  | { readonly kind: "busy"; readonly reason: string; readonly retryAfterMs: number | null };

/** How much of an answer's body is read. */
export function taskBodyLimit(status: number): number {
  return isRedirect(status) ? 0 : limits.httpTaskResponseBytes;
}

/** What an answer that is no redirect means, by Redis's clock. */
export function judgeTaskAnswer(answer: SendAnswer, now: number): TaskVerdict {
  const { status, text, whole } = answer;
  const response = shortened({ status, body: text, bodyTruncated: !whole });
  if (isSuccess(status)) return { kind: "done", response };
  const reason = describeAnswer(status, { text, whole, contentType: answer.header("content-type") });
  if (answer.header(pushHeaders.retry)?.trim().toLowerCase() === "never")
    return { kind: "rejected", reason, response };
  if (status === 429 || status === 503)
    return { kind: "busy", reason, retryAfterMs: retryAfterMs(answer.header("retry-after"), now) };
  return { kind: "failed", reason, endpoint: status >= 500 ? "unwell" : "well", response };
}

/** As much of the answer as fits a result: in JSON a character may take six bytes. */
function shortened(response: HttpTaskResponse): HttpTaskResponse {
  let fitting = response;
  while (Buffer.byteLength(JSON.stringify(fitting)) > limits.resultBytes) {
    const body = fitting.body.slice(0, Math.floor(fitting.body.length / 2));
    fitting = { ...fitting, body, bodyTruncated: true };
  }
  return fitting;
}
