import { OrderWorker, type OrderWorkerOptions } from "./order-worker.ts";
import { runOrderProgram } from "./run-order-program.ts";

runOrderProgram<Omit<OrderWorkerOptions, "onWritten">>("order worker", (options) => new OrderWorker(options));
