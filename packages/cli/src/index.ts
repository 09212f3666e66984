export { exitCodes } from "./exit-codes.ts";
export { Interruption, type IO, type OutputStream } from "./io.ts";
export { run } from "./main.ts";
export { runProcess } from "./process.ts";
