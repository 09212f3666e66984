import { limits, pushHeaders } from "@tidegate/contracts";
import type { SendAnswer } from "../send/send.ts";
import { type AnswerBody, bodyAsResult, isJson, nothingSaid, readAnswer } from "./read-answer.ts";
import { isRedirect } from "./redirect.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { Said, Verdict } from "./verdict.ts";

/** How much of an endpoint's own words goes into a reason. */
const quotedLength = 200;

/** How much of an answer's body is read: more where it may say something of single messages. */
export function bodyLimit(status: number, contentType: string | null): number {
  if (isRedirect(status)) return 0;
  return isSuccess(status) || isJson(contentType) ? limits.pushResultBytes : limits.pushAnswerBytes;
}

/** What an answer that is no redirect means for the messages with these ids. */
export function judgeAnswer(answer: SendAnswer, ids: readonly string[], now: number): Verdict {
  const { status, text, whole } = answer;
  const succeeded = isSuccess(status);
  const body: AnswerBody = { text, whole, contentType: answer.header("content-type") };
  const never = answer.header(pushHeaders.retry)?.trim().toLowerCase() === "never";
  if (succeeded) return judgeSuccess(answer, body, ids, never);
  const reason = describeAnswer(status, body);
  if (status === 429 || status === 503) {
    const said = saidBeside(body, ids, never);
    if (said === null && never) return { kind: "rejected", reason };
    return { kind: "busy", reason, retryAfterMs: retryAfterMs(answer.header("retry-after"), now), said };
  }
  return never
    ? { kind: "rejected", reason }
    : { kind: "failed", reason, endpoint: status >= 500 ? "unwell" : "well" };
}

function judgeSuccess(answer: SendAnswer, body: AnswerBody, ids: readonly string[], never: boolean): Verdict {
  const isResult = answer.header(pushHeaders.result)?.trim().toLowerCase() === "body";
  if (isResult && ids.length === 1)
    return { kind: "answered", said: body.whole ? bodyAsResult(body, ids[0]!) : nothingSaid };
  const said = readAnswer(body, ids);
  if ("unclear" in said)
    return { kind: "failed", reason: `answered ${answer.status} with ${said.unclear}`, endpoint: "well" };
  return { kind: "answered", said: never ? givenUp(said) : said };
}

/** Whether a status says that all is well. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a failing status says of single messages; null when it names none. */
function saidBeside(body: AnswerBody, ids: readonly string[], never: boolean): Said | null {
  const said = readAnswer(body, ids);
  if ("unclear" in said || said.failures.size === 0) return null;
  return never ? givenUp(said) : said;
}

function givenUp(said: Said): Said {
  const failures = [...said.failures].map(
    ([id, failure]) => [id, { ...failure, outcome: "dead-letter" as const }] as const,
  );
  return { ...said, failures: new Map(failures) };
}

/** The status, and the first line of what the endpoint says about it. */
export function describeAnswer(status: number, body: AnswerBody): string {
  const isText = isJson(body.contentType) || /^\s*text\/plain/i.test(body.contentType ?? "");
  const line = isText ? body.text.trim().split("\n", 1)[0]!.trim().slice(0, quotedLength) : "";
  return line === "" ? `status ${status}` : `status ${status}: ${line}`;
}
