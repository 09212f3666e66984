import { type ErrorCode, errorTable, isErrorCode } from "@tidegate/contracts";
import type { WireAnswer } from "../wire/answer-parser.ts";
import type { WireRequest } from "../wire/request.ts";
import { type Finding, finding } from "./finding.ts";

/** What a server may say of itself; all others of status 500 and above are defects. */
const mayFail: readonly string[] = ["OVERLOADED", "REDIS_UNAVAILABLE", "NOT_REPLICATED"];

interface ProblemDocument {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly field?: string;
  readonly retryAfterMs?: number;
  readonly messages?: readonly { readonly code?: string; readonly retryable?: boolean }[];
}

/** What is wrong with a refusal: no problem document, or one that the table of errors contradicts. */
export function judgeProblem(
  request: WireRequest,
  answer: WireAnswer,
  schemaFault: (value: unknown) => string | null,
): Finding | null {
  const { status, headers, body } = answer;
  const told = `${request.method} ${request.target}: ${status}`;
  const type = headers.get("content-type");
  if (type !== "application/problem+json")
    return finding("no problem document", `${told} with ${type ?? "no type"}`);
  if (request.method === "HEAD") return status < 500 ? null : finding("failure", told);
  const text = body.toString("utf8");
  let problem: ProblemDocument;
  try {
    problem = JSON.parse(text) as ProblemDocument;
  } catch {
    return finding("no problem document", `${told}: ${text}`);
  }
  const fault = schemaFault(problem);
  if (fault !== null) return finding("problem against its schema", `${told}: ${fault}`);
  const fail = (kind: string) => finding(`${kind}: ${problem.code}`, `${told}: ${text}`);
  if (status >= 500 && !mayFail.includes(problem.code)) return fail("failure");
  if (contradictsTable(problem, problem.code)) return fail("against the table");
  const row = errorTable[problem.code as ErrorCode];
  if (status !== row.status || problem.status !== row.status) return fail("wrong status");
  if (problem.title !== row.title) return fail("wrong title");
  if (problem.code === "INVALID" && !problem.field) return fail("names no field");
  if (
    row.retryable &&
    (problem.retryAfterMs === undefined || !/^[1-9]\d*$/.test(headers.get("retry-after") ?? ""))
  )
    return fail("says not when to retry");
  for (const one of problem.messages ?? [])
    if (one.code !== undefined && contradictsTable(one, one.code)) return fail(`message against the table`);
  return null;
}

function contradictsTable({ retryable }: { retryable?: boolean }, code: string): boolean {
  return !isErrorCode(code) || retryable !== errorTable[code].retryable;
}
