import type { Hurried } from "./deadlines.ts";

/** What ends an attempt before its handler does. */
export type Interruption = "timeout" | "cancelled" | "stopped" | "lost";

/** What came of an attempt. */
export type AttemptEnd =
  | { readonly how: "returned"; readonly value: unknown }
  | { readonly how: "threw"; readonly thrown: unknown }
  | { readonly how: "interrupted"; readonly by: Interruption };

/** How long a handler may take to tidy up once its signal is aborted. Then it goes on by itself, if it does, and holds no slot. */
const graceMs = 1_000;

const reasons: Readonly<Record<Interruption, string>> = {
  timeout: "The time of the attempt is up",
  cancelled: "The run was cancelled",
  stopped: "The worker stops",
  lost: "The worker has lost the run to another",
};

/** Who is told of attempts that are waited for. */
export interface AttemptWitness {
  begun(attempt: Attempt): void;
  over(attempt: Attempt): void;
  /** The handler goes on. */
  abandoned(attempt: Attempt): void;
}

/**
 * One attempt of a run: calls the handler and waits for it, though not for ever. The first interruption counts. Behind one, what the
 * handler still does is of no account; but a stop is only haste, so who returns in time has returned.
 */
export class Attempt implements Hurried {
  #controller: AbortController | null = null;
  #interruption: Interruption | null = null;
  #over = false;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #settle: (end: AttemptEnd) => void = () => {};
  readonly #witness: AttemptWitness;
  /** Of the run. */
  readonly id: string;

  /** By `performance.now()`. */
  readonly begunAt: number;
  readonly deadline: number;

  constructor(id: string, timeoutMs: number, witness: AttemptWitness) {
    this.id = id;
    this.begunAt = performance.now();
    this.deadline = this.begunAt + timeoutMs;
    this.#witness = witness;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#interruption !== null) this.#controller.abort(reasonOf(this.#interruption));
    }
    return this.#controller.signal;
  }

  /** Its time is up. */
  late(): void {
    this.interrupt("timeout");
  }

  /** Whether what the handler does no longer concerns the run. */
  get over(): boolean {
    return this.#over;
  }

  /** Calls the handler. What comes at once is answered at once, and no witness hears of it. */
  run<Input, Context>(
    handler: (input: Input, context: Context) => unknown,
    input: Input,
    context: Context,
  ): AttemptEnd | Promise<AttemptEnd> {
    let value: unknown;
    try {
      value = handler(input, context);
    } catch (thrown) {
      this.#over = true;
      return { how: "threw", thrown };
    }
    if (!isThenable(value)) {
      this.#over = true;
      return { how: "returned", value };
    }
    const returned = value;
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#witness.begun(this);
      returned.then(
        (value) => this.#ended({ how: "returned", value }),
        (thrown) => this.#ended({ how: "threw", thrown }),
      );
    });
  }

  /** Aborts the signal, and ends the attempt soon. */
  interrupt(by: Interruption): void {
    if (this.#over || this.#interruption !== null) return;
    this.#interruption = by;
    this.#grace = setTimeout(() => {
      this.#witness.abandoned(this);
      this.#finish({ how: "interrupted", by });
    }, graceMs);
    this.#controller?.abort(reasonOf(by));
  }

  #ended(end: AttemptEnd): void {
    const by = this.#interruption;
    if (by === null || (by === "stopped" && end.how === "returned")) this.#finish(end);
    else this.#finish({ how: "interrupted", by });
  }

  #finish(end: AttemptEnd): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#grace);
    this.#witness.over(this);
    this.#settle(end);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function"
  );
}

function reasonOf(by: Interruption): DOMException {
  return new DOMException(reasons[by], by === "timeout" ? "TimeoutError" : "AbortError");
}
