export { readOptions, type SignUpOptions } from "./options.ts";
export { findingsOf, type Summary, summaryOf } from "./report/summary.ts";
export { runSignup, type SignUpHooks, type SignUpReport } from "./run-signup.ts";
export { sendMail, sendText } from "./tasks.ts";
