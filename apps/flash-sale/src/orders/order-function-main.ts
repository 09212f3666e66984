import { OrderFunction, type OrderFunctionOptions } from "./order-function.ts";
import { runOrderProgram } from "./run-order-program.ts";

runOrderProgram<Omit<OrderFunctionOptions, "onWritten">>(
  "order function",
  (options) => new OrderFunction(options),
);
