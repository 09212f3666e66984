import { runProgram } from "@tidegate/demo-kit";
import { readOptions } from "./options.ts";
import { findingsOf, summaryOf } from "./report/summary.ts";
import { table } from "./report/table.ts";
import { runSignup } from "./run-signup.ts";

/** Exit status: 0, 1 when somebody was not welcomed, or twice. */
async function main(signal: AbortSignal): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  const report = await runSignup(options, { log: (line) => console.error(line), signal });
  const findings = findingsOf(report);
  if (options.json) {
    for (const finding of findings) console.error(`signup: ${finding}`);
    console.log(JSON.stringify(summaryOf(report)));
  } else console.log(table(report));
  return findings.length === 0 ? 0 : 1;
}

await runProgram("signup", main);
