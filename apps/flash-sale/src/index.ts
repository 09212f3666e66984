export { OptionsError, readOptions, type SaleOptions } from "./options.ts";
export { type SaleSummary, summaryOf } from "./report/summary.ts";
export { runSale, type SaleHooks, type SaleReport } from "./run-sale.ts";
