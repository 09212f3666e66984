import { expect, test } from "vitest";
import { readOptions } from "./options.ts";
import { findingsOf } from "./report/summary.ts";
import { runSignup } from "./run-signup.ts";

const options = { ...readOptions([], {}), registrations: 150, clients: 8, gatewayMs: 20, failingPercent: 10 };

test("every sign-up is answered while no mail and no text can be sent at all", async () => {
  const report = await runSignup(options, { holdGateway: true });
  expect(report.answers.tookMs.length).toBeGreaterThanOrEqual(options.registrations);
  expect(report.sentBefore).toEqual({ mails: 0, texts: 0, duplicates: 0 });
  expect(report.sent).toEqual({ mails: 150, texts: 150, duplicates: 0 });
  expect(findingsOf(report)).toEqual([]);
});

test("a worker that is killed in the middle costs nobody a mail, and nobody gets two", async () => {
  const pids: number[] = [];
  const report = await runSignup(
    { ...options, gatewayMs: 100 },
    { onWorker: (pid) => void pids.push(pid), onAnswered: () => process.kill(pids[0]!, "SIGKILL") },
  );
  expect(pids.length).toBeGreaterThan(1);
  expect(report.sent).toEqual({ mails: 150, texts: 150, duplicates: 0 });
  expect(findingsOf(report)).toEqual([]);
});
