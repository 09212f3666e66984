import { runFuzz } from "./fuzz.ts";
import { type FuzzOptions, parseFuzzOptions, usage } from "./fuzz-options.ts";
import { renderReport } from "./render-report.ts";

const options = readOptions();
if (options === null) process.exitCode = 1;
else {
  console.log(`seed ${options.seed}`);
  const report = await runFuzz(options, console.log);
  console.log(`\n${renderReport(report, options)}`);
  process.exitCode = report.ledger.findings.size > 0 ? 1 : 0;
}

function readOptions(): FuzzOptions | null {
  try {
    return parseFuzzOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return null;
  }
}
