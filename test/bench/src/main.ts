import { runBench } from "./bench.ts";
import { type BenchOptions, parseBenchOptions, usage } from "./bench-options.ts";

const options = readOptions();
if (options) {
  const tell = options.markdown ? console.error : console.log;
  if (!(await runBench(options, { print: console.log, tell }))) process.exitCode = 1;
} else process.exitCode = 1;

function readOptions(): BenchOptions | null {
  try {
    return parseBenchOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return null;
  }
}
