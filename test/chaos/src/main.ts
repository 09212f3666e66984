import { type ChaosOptions, parseChaosOptions, usage } from "./chaos-options.ts";
import { printLossTable } from "./loss/loss-table.ts";
import { formatReport, runChaos } from "./run-chaos.ts";

const options = readOptions();
if (options) await run(options);
else process.exitCode = 1;

async function run(chaos: ChaosOptions): Promise<void> {
  const stopping = new AbortController();
  process.once("SIGINT", () => {
    stopping.abort(new Error("interrupted"));
    process.once("SIGINT", () => process.exit(130));
  });
  process.once("SIGTERM", () => stopping.abort(new Error("terminated")));
  if (chaos.lossTable) {
    const rows = await printLossTable(console.log, stopping.signal);
    if (chaos.json) console.log(JSON.stringify(rows));
    process.exit(stopping.signal.aborted ? 130 : 0);
  }
  const report = await runChaos(chaos, console.log, stopping.signal);
  console.log(formatReport(report));
  if (chaos.json) console.log(JSON.stringify(report));
  process.exit(report.findings.length > 0 ? 1 : stopping.signal.aborted ? 130 : 0);
}

function readOptions(): ChaosOptions | null {
  try {
    return parseChaosOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return null;
  }
}
