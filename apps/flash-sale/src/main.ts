import { runProgram } from "@tidegate/demo-kit";
import { readOptions, type SaleOptions } from "./options.ts";
import { ProgressLine } from "./report/progress.ts";
import { summaryOf } from "./report/summary.ts";
import { table } from "./report/table.ts";
import { runSale } from "./run-sale.ts";
import { startShop } from "./shop/start-shop.ts";

/** Exit status: 0, 1 when the books do not balance. */
async function main(signal: AbortSignal): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.page) return keepShop(options, signal);
  const line = new ProgressLine(process.stderr);
  const report = await runSale(options, {
    onProgress: (progress) => line.show(progress),
    log: (text) => console.error(text),
    signal,
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
async function keepShop(options: SaleOptions, signal: AbortSignal): Promise<number> {
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

await runProgram("flash-sale", main);
