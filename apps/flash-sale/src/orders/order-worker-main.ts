/** The program of the process that writes orders: told its options by its parent, tells it how many orders there are. */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { OrderWorker, type OrderWorkerOptions } from "./order-worker.ts";

const parent = process.ppid;

process.once("message", (options: Omit<OrderWorkerOptions, "onWritten">) => {
  const worker = new OrderWorker({
    ...options,
    onWritten: (count) => {
      // The parent may have died a moment ago: its end is noticed by the channel's.
      if (process.connected) process.send?.(count, undefined, undefined, () => {});
    },
  });
  process.once("SIGTERM", () => {
    worker.stop().then(() => process.exit(0), fail);
  });
  // Orphaned: nobody else is left to remove the folder, which the sale made for this file alone.
  process.once("exit", () => {
    if (!process.connected || process.ppid !== parent)
      rmSync(dirname(options.databaseFile), { recursive: true, force: true });
  });
  worker.start().catch(fail);
});

function fail(error: unknown): never {
  console.error("order worker:", error);
  process.exit(1);
}
