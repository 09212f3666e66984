import type { SignUpReport } from "../run-signup.ts";
import { findingsOf, summaryOf } from "./summary.ts";

/** The report for people. */
export function table(report: SignUpReport): string {
  const { registrations, answerMs, mails, texts, duplicates } = summaryOf(report);
  const { options, answers, sentBefore, seconds } = report;
  const rows: [string, string, string?][] = [
    ["registrations", String(registrations), `${answers.tookMs.length} requests: some click twice`],
    ["answer p50", `${answerMs.p50} ms`],
    ["answer p99", `${answerMs.p99} ms`],
    ["mails", String(mails), `${sentBefore.mails} of them before the last answer`],
    ["texts", String(texts), `${sentBefore.texts} of them before the last answer`],
    ["duplicates", String(duplicates)],
    [
      "gateway",
      `${options.gatewayMs} ms`,
      `a message, on average; ${options.failingPercent} % fail at first`,
    ],
    ["seconds", seconds.toFixed(1), "from the first request to the last message"],
  ];
  const lines = rows.map(([name, value, remark = ""]) =>
    `${name.padEnd(14)} ${value.padStart(10)}  ${remark}`.trimEnd(),
  );
  const findings = findingsOf(report);
  const verdict = findings.length === 0 ? "Everybody was welcomed once." : findings.join("\n");
  return `${lines.join("\n")}\n\n${verdict}`;
}
