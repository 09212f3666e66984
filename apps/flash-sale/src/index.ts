export { readOptions, type SaleOptions } from "./options.ts";
export type { SaleReport } from "./report/sale-report.ts";
export { type SaleSummary, summaryOf } from "./report/summary.ts";
export { runSale, type SaleHooks } from "./run-sale.ts";
