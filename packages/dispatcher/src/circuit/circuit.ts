/** Failures in a row that open the circuit. */
const failuresToOpen = 5;
/** The first pause; each that follows without a success between is twice as long. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** How long what is known of the group's hold is good: while calls succeed, and while they fail. */
const freshMs = 5_000;
const freshWhileFailingMs = 500;
/** A pause that is asked for is worth telling Redis when it ends so much later than the one that is known. */
const slackMs = 1_000;

/** A hold of a group as Redis has it: what was asked for last, kept until it is ended. */
export interface Holding {
  readonly heldUntil: number;
  readonly forMs: number;
}

/** How a circuit reaches the group. */
export interface CircuitPort {
  /** Nothing is handed out for so long; then one message at a time. */
  hold(forMs: number): Promise<void>;
  /** Everything is handed out again. */
  resume(): Promise<void>;
  holding(): Promise<Holding | null>;
  /** Redis's clock, in ms. */
  now(): number;
  /** Told that the group is held, and why; that it goes on; of a call to Redis that failed. */
  onHeld(forMs: number, reason: string): void;
  onResumed(): void;
  onError(error: unknown): void;
}

/**
 * The circuit breaker of one group's endpoint. Its state is the group's hold in Redis, so that it holds for every process;
 * what is kept here is only what this process saw of it.
 *
 * A call begins with `begin`, which tells its epoch, and ends with `succeeded` or one of the others. What began before a
 * hold says nothing about the time after it: 100 calls that fail together open the circuit once, and a slow success from
 * before does not close it.
 */
export class Circuit {
  readonly #port: CircuitPort;
  readonly #clock: () => number;
  #epoch = 0;
  #failures = 0;
  /** By this process's clock: what is handed out before was taken before the hold. */
  #shutUntil = Number.NEGATIVE_INFINITY;
  /** Whether the group is held, or was and goes on with probes. */
  #held = false;
  #changing: Promise<void> = Promise.resolve();
  #knownAt = Number.NEGATIVE_INFINITY;
  #reason = "";

  /** @param clock of this process, in ms; only differences count */
  constructor(port: CircuitPort, clock: () => number = () => performance.now()) {
    this.#port = port;
    this.#clock = clock;
  }

  /** Why the last hold was. */
  get reason(): string {
    return this.#reason;
  }

  /** Begins a call; null while the circuit is open: then nothing is called. */
  begin(): number | null {
    return this.#clock() < this.#shutUntil ? null : this.#epoch;
  }

  /**
   * Something was handed out while the circuit is open here: it was taken before, or somebody has ended the hold. Asks Redis
   * now and then, and begins the call where the group is held no longer.
   */
  async beginLate(): Promise<number | null> {
    if (this.#isStale(freshWhileFailingMs)) {
      this.#knownAt = this.#clock();
      await this.#change(async () => {
        const epoch = this.#epoch;
        const holding = await this.#port.holding();
        if (epoch !== this.#epoch || holding !== null) return;
        this.#held = false;
        this.#shutUntil = Number.NEGATIVE_INFINITY;
      });
    }
    return this.begin();
  }

  /**
   * The endpoint has answered, whatever it said of the messages. Ends a hold when the call was its probe; null when there
   * is nothing to wait for.
   */
  succeeded(epoch: number): Promise<void> | null {
    if (epoch !== this.#epoch) return null;
    this.#failures = 0;
    return this.#held || this.#isStale(freshMs) ? this.#close(epoch) : null;
  }

  async #close(epoch: number): Promise<void> {
    if (!this.#held) await this.#look(freshMs);
    if (!this.#held || epoch !== this.#epoch) return;
    // Set at once, so that of many that succeed together one ends the hold.
    this.#held = false;
    await this.#change(async () => {
      await this.#port.resume();
      this.#port.onResumed();
    });
  }

  /** A timeout, a 5xx, a broken connection: so many in a row open the circuit. A probe that fails opens it again. */
  async failed(epoch: number, reason: string): Promise<void> {
    if (epoch !== this.#epoch) return this.#changing;
    this.#failures += 1;
    // Also where this process holds it: another one may have ended that, and then this was no probe.
    await this.#look(freshWhileFailingMs);
    if (epoch !== this.#epoch) return this.#changing;
    if (this.#failures >= failuresToOpen || this.#held) await this.#open(reason, null);
  }

  /** The endpoint cannot be reached, or asked for a pause of so long: opens at once. Resolves when the group is held. */
  async shut(epoch: number, reason: string, pauseMs: number | null): Promise<void> {
    const longer = pauseMs !== null && this.#clock() + pauseMs > this.#shutUntil + slackMs;
    if (epoch !== this.#epoch && !longer) return this.#changing;
    await this.#open(reason, pauseMs);
  }

  /** The endpoint is another one now: nothing is known of it, and the group is held no longer. */
  async forget(): Promise<void> {
    this.#epoch += 1;
    this.#failures = 0;
    this.#held = false;
    this.#shutUntil = Number.NEGATIVE_INFINITY;
    await this.#change(() => this.#port.resume());
  }

  async #open(reason: string, pauseMs: number | null): Promise<void> {
    this.#epoch += 1;
    this.#failures = 0;
    this.#held = true;
    this.#reason = reason;
    const since = this.#clock();
    this.#knownAt = since;
    this.#shutUntil = Math.max(this.#shutUntil, since + Math.max(pauseMs ?? 0, firstPauseMs));
    await this.#change(async () => {
      const forMs = pauseMs === null ? await this.#nextPause() : Math.max(pauseMs, firstPauseMs);
      this.#shutUntil = Math.max(this.#shutUntil, since + forMs);
      await this.#port.hold(forMs);
      this.#port.onHeld(forMs, reason);
    });
  }

  /** Twice the last one; as long as what is left of it where another process has just begun it. */
  async #nextPause(): Promise<number> {
    const last = await this.#port.holding();
    if (last === null) return firstPauseMs;
    const left = last.heldUntil - this.#port.now();
    if (left > 0) return Math.max(firstPauseMs, Math.ceil(left));
    return Math.min(longestPauseMs, Math.max(firstPauseMs, last.forMs * 2));
  }

  /** Another process may have held the group: then what was called here was a probe. */
  async #look(freshForMs: number): Promise<void> {
    if (!this.#isStale(freshForMs)) return;
    this.#knownAt = this.#clock();
    await this.#change(() => this.#learn());
  }

  #isStale(freshForMs: number): boolean {
    return this.#clock() - this.#knownAt >= freshForMs;
  }

  async #learn(): Promise<void> {
    const epoch = this.#epoch;
    const holding = await this.#port.holding();
    if (epoch === this.#epoch) this.#held = holding !== null && holding.heldUntil <= this.#port.now();
  }

  /** One call to Redis after the other, so that a hold and the end of one do not overtake each other. Never throws. */
  #change(call: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(call).catch((error: unknown) => this.#port.onError(error));
    return this.#changing;
  }
}
