import { OptionsError, readOptions, type SaleOptions } from "./options.ts";
import { ProgressLine } from "./report/progress.ts";
import { summaryOf } from "./report/summary.ts";
import { table } from "./report/table.ts";
import { runSale } from "./run-sale.ts";
import { startShop } from "./shop/start-shop.ts";

/** Exit status: 0, 1 when the books do not balance or something failed, 2 for bad options, 130 when stopped. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.page) return keepShop(options);
  const line = new ProgressLine(process.stderr);
  const report = await runSale(options, {
    onProgress: (progress) => line.show(progress),
    log: (text) => console.error(text),
    signal: stopOnSignals(),
  }).finally(() => line.clear());
  const { findings } = report.balance;
  if (options.json) {
    for (const finding of findings) console.error(`flash-sale: ${finding}`);
    console.log(JSON.stringify(summaryOf(report)));
  } else console.log(table(report));
  return findings.length === 0 ? 0 : 1;
}

/** How long a person has to open the page before the doors do. */
const countdownMs = 45_000;

/** Serves the shop's page until somebody asks for the end. */
async function keepShop(options: SaleOptions): Promise<number> {
  const signal = stopOnSignals();
  const shop = await startShop({ ...options, countdownMs }, { signal, log: (text) => console.error(text) });
  console.log(`The shop is open: ${shop.url}\nCtrl-C closes it.`);
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  try {
    if (!signal.aborted) await Promise.race([stopped, shop.died]);
  } finally {
    await shop.stop();
  }
  return 0;
}

/** Somebody has asked for the end. */
class Stopped extends Error {}

/** npm passes a terminal's Ctrl-C on to whoever has had it already, so that one comes twice. */
const sameSignalMs = 1_000;

/** The first signal stops what was started, in order; a later one does not wait: the children see their parent go. */
function stopOnSignals(): AbortSignal {
  const stopping = new AbortController();
  let firstAt = 0;
  const stop = (): void => {
    if (!stopping.signal.aborted) {
      firstAt = performance.now();
      stopping.abort(new Stopped());
    } else if (performance.now() - firstAt > sameSignalMs) process.exit(130);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return stopping.signal;
}

function explain(error: unknown): number {
  if (error instanceof Stopped) {
    console.error("flash-sale: stopped");
    return 130;
  }
  console.error(`flash-sale: ${error instanceof Error ? error.message : error}`);
  return error instanceof OptionsError ? 2 : 1;
}

process.exitCode = await main().catch(explain);
