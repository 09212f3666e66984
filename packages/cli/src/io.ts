import type { Readable, Writable } from "node:stream";

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a run of the command line is connected to. */
export interface IO {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted, with an Interruption as its reason, when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** The user ended the run. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`Interrupted by ${signal}`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

/** Nobody reads the output any more, as behind `| head`: no fault of anybody's. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
