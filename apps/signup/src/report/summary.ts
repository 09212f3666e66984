import { percentile } from "@tidegate/demo-kit";
import type { SignUpReport } from "../run-signup.ts";

/** The report as one line of JSON. */
export interface Summary {
  /** People who are in the database. */
  readonly registrations: number;
  /** How long answers took. */
  readonly answerMs: { readonly p50: number | null; readonly p99: number | null };
  /** Sent by the gateway. */
  readonly mails: number;
  readonly texts: number;
  /** Of them, those that somebody got once more. */
  readonly duplicates: number;
}

export function summaryOf({ users, answers, sent }: SignUpReport): Summary {
  const part = (percent: number) => {
    const value = percentile(answers.tookMs, percent);
    return value === null ? null : Math.round(value * 10) / 10;
  };
  return { registrations: users, answerMs: { p50: part(50), p99: part(99) }, ...sent };
}

/** What is not as it should be, a sentence each. */
export function findingsOf({ options, users, sent }: SignUpReport): string[] {
  const { registrations } = options;
  const findings: string[] = [];
  if (users !== registrations) findings.push(`${users} users are in the database, of ${registrations}`);
  if (sent.mails !== registrations) findings.push(`${sent.mails} mails were sent to ${registrations} people`);
  if (sent.texts !== registrations) findings.push(`${sent.texts} texts were sent to ${registrations} people`);
  if (sent.duplicates > 0) findings.push(`${sent.duplicates} messages came twice`);
  return findings;
}
