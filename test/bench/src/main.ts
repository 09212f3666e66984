import { runBench } from "./bench.ts";
import { parseBenchOptions, usage } from "./bench-options.ts";

try {
  await runBench(parseBenchOptions(process.argv.slice(2)), console.log);
} catch (error) {
  const wrongUse = error instanceof Error && (error.message.startsWith("--") || "code" in error);
  console.error(wrongUse ? `${error.message}\n\n${usage}` : error);
  process.exitCode = 1;
}
