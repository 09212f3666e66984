import type { ChildProcess } from "node:child_process";
import { describeEnd, programAt, startChild, stopChild } from "../processes/child.ts";
import type { OrderWorkerOptions } from "./order-worker.ts";

export interface OrderWorkerProcessOptions extends OrderWorkerOptions {
  /** Told the process number whenever one was started. */
  readonly onStart: (pid: number) => void;
  /** Told when it ends again and again, and is not started any more. */
  readonly onDeath: (error: Error) => void;
}

const mostRestarts = 10;

/** Keeps a process with an order worker running: one that dies is replaced, as an operator's supervisor would. */
export class OrderWorkerProcess {
  readonly #options: OrderWorkerProcessOptions;
  #child: ChildProcess | null = null;
  #stopping = false;
  #restarts = 0;

  constructor(options: OrderWorkerProcessOptions) {
    this.#options = options;
  }

  start(): void {
    const { onStart, onDeath, onWritten, ...settings } = this.#options;
    const child = startChild(programAt("./order-worker-main", import.meta.url));
    this.#child = child;
    child.on("message", (count) => onWritten(Number(count)));
    child.once("error", onDeath);
    child.once("exit", () => {
      if (this.#stopping) return;
      if (this.#restarts === mostRestarts)
        onDeath(new Error(`the order worker ended with ${describeEnd(child)}`));
      else this.#restart();
    });
    // It may die before it has read them; its exit is told all the same.
    child.send(settings, () => {});
    if (child.pid !== undefined) onStart(child.pid);
  }

  /** Lets it write what it has begun, then ends it. May be called again; legal before start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child) await stopChild(this.#child);
  }

  #restart(): void {
    this.#restarts += 1;
    this.start();
  }
}
