import type { ChildProcess } from "node:child_process";
import { describeEnd, programAt, startChild, stopChild } from "@tidegate/demo-kit";

export interface OrderProcessOptions {
  /** What runs in it: a worker that takes orders from Redis, or a function that is called with them. */
  readonly program: "order-worker" | "order-function";
  /** What the program is told when it starts. */
  readonly settings: object;
  /** Told how many orders the database has, at the start and after each transaction. */
  readonly onWritten: (count: number) => void;
  /** Told the process number whenever one was started. */
  readonly onStart: (pid: number) => void;
  /** Told when it ends again and again, and is not started any more. */
  readonly onDeath: (error: Error) => void;
}

const mostRestarts = 10;

/** Keeps a process that writes orders running: one that dies is replaced, as an operator's supervisor would. */
export class OrderProcess {
  readonly #options: OrderProcessOptions;
  #child: ChildProcess | null = null;
  #stopping = false;
  #restarts = 0;

  constructor(options: OrderProcessOptions) {
    this.#options = options;
  }

  start(): void {
    const { program, settings, onStart, onDeath, onWritten } = this.#options;
    const child = startChild(programAt(`./${program}-main`, import.meta.url));
    this.#child = child;
    child.on("message", (count) => onWritten(Number(count)));
    child.once("error", onDeath);
    child.once("exit", () => {
      if (this.#stopping) return;
      if (this.#restarts === mostRestarts)
        onDeath(new Error(`the ${program} ended with ${describeEnd(child)}`));
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
