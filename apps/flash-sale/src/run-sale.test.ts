import { freePort } from "@tidegate/embedded-redis";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import type { SaleOptions } from "./options.ts";
import { summaryOf } from "./report/summary.ts";
import { table } from "./report/table.ts";
import { runSale } from "./run-sale.ts";

const smallSale: SaleOptions = {
  buyers: 400,
  stock: 50,
  drainPerSecond: 200,
  push: false,
  json: true,
  page: false,
  port: 0,
  redisUrl: inject("redisUrl"),
};

test("a small sale sells exactly the stock, and leaves nothing in Redis", { timeout: 30_000 }, async () => {
  const phases = new Set<string>();
  const report = await runSale(smallSale, { onProgress: ({ phase }) => phases.add(phase) });
  expect(report.balance).toMatchObject({ sold: 50, oversold: 0, lost: 0, duplicates: 0, findings: [] });
  expect(report.drainPerSecond).toBeLessThanOrEqual(200);
  const summary = summaryOf(report);
  expect(summary).toMatchObject({ buyers: 400, sold: 50 });
  // 24 orders are second ones, 24 requests are repeats, 4 buyers come back.
  expect(summary.requests).toBe(452);
  const { SOLD_OUT = 0, KEY_LIMIT = 0, ...others } = summary.rejected;
  expect(others).toEqual({});
  expect(SOLD_OUT + KEY_LIMIT + report.receipts.acceptMs.length + report.receipts.hungUp).toBe(452);
  expect(phases.size).toBe(4);
  expect(table(report)).toContain("The books balance.");

  const redis = new Redis(smallSale.redisUrl!);
  expect(await redis.keys("*flash-sale-*")).toEqual([]);
  redis.disconnect();
});

test("orders that are pushed to a function are sold and written as exactly, over a kill", {
  timeout: 30_000,
}, async () => {
  const started: number[] = [];
  const report = await runSale(
    { ...smallSale, push: true, stock: 200, drainPerSecond: 100 },
    {
      onOrderWorker: (pid) => started.push(pid),
      onProgress: ({ written }) => {
        if (written >= 20 && started.length === 1) process.kill(started[0]!, "SIGKILL");
      },
    },
  );
  expect(started).toHaveLength(2);
  expect(report.balance).toMatchObject({ sold: 200, oversold: 0, lost: 0, duplicates: 0, findings: [] });
  // The rate of the group is the pace, with a tenth of a second's burst.
  expect(report.drainPerSecond).toBeLessThanOrEqual(110);
});

test("with stock for all, everybody who gets through has one", { timeout: 30_000 }, async () => {
  const report = await runSale({ ...smallSale, buyers: 100, stock: 1_000, drainPerSecond: 1_000 });
  const { sold, eligible, findings } = report.balance;
  expect(findings).toEqual([]);
  expect(sold).toBe(eligible);
  expect(sold).toBeGreaterThanOrEqual(98);
  expect(summaryOf(report).rejected).toEqual({ KEY_LIMIT: 6 });
});

test("an order worker that is killed in the middle costs time and no order", {
  timeout: 30_000,
}, async () => {
  const started: number[] = [];
  const report = await runSale(
    { ...smallSale, stock: 200, drainPerSecond: 100 },
    {
      onOrderWorker: (pid) => started.push(pid),
      onProgress: ({ written }) => {
        if (written >= 20 && started.length === 1) process.kill(started[0]!, "SIGKILL");
      },
    },
  );
  expect(started).toHaveLength(2);
  expect(report.balance).toMatchObject({ sold: 200, lost: 0, duplicates: 0, findings: [] });
  // What it had taken came back after its deadline.
  expect(report.seconds).toBeGreaterThan(5);
});

test("a Redis that is not there is told at once", async () => {
  const port = await freePort();
  const sale = runSale({ ...smallSale, redisUrl: `redis://127.0.0.1:${port}` });
  await expect(sale).rejects.toThrow("no Redis answers at REDIS_URL: connect ECONNREFUSED");
});

test("a sale that is stopped rejects with the reason", { timeout: 30_000 }, async () => {
  const stopping = new AbortController();
  const sale = runSale(
    { ...smallSale, buyers: 100_000 },
    {
      signal: stopping.signal,
      onProgress: ({ requests }) => {
        if (requests > 100) stopping.abort(new Error("enough"));
      },
    },
  );
  await expect(sale).rejects.toThrow("enough");
});
