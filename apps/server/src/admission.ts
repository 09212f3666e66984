import type { IncomingMessage } from "node:http";

/** Requests that may be answered at once: what comes beyond waits longer for its turn than for its answer. */
export const defaultMaxInFlight = 2_048;
/** Receives, long polls and event streams: they hold a connection and little else. */
const maxWaiting = 20_000;
/** Whoever has been sending a body for longer makes room when it is needed. */
const slowBodyMs = 1_000;
/** With fewer requests than this it is not they who keep the process: a slow machine is no overload. */
const fewInFlight = 256;
/** With fewer requests than this, whether bodies come slowly is not looked at: it would cost every publish. */
const unwatchedBodies = 128;
const sampleEveryMs = 20;
const longestLoopDelayMs = 100;

/** What a request is to the server: `held` waits for something to happen, `exempt` is always answered. */
export type RequestKind = "work" | "held" | "exempt";

const heldUrl =
  /^\/v1\/(?:topics\/[^/]+\/groups\/[^/]+\/receive|tickets\/[^/]+\/events|overview\/events|tickets\/[^/?]+\?|tasks\/[^/]+\/[^/]+\/events|tasks\/[^/]+\/[^/?]+\?(?:.*&)?waitMs=)/;
const exemptUrl = /^\/(?:healthz|readyz|metrics)(?:\?|$)/;

/** Leaves the counters again. Idempotent. */
export type Leave = () => void;

/**
 * Decides whether a request is worth beginning: an overloaded server says so at once, rather than to let everybody wait. It
 * is overloaded when so many requests are in flight, or when the process falls behind. (A Redis that hangs is noticed by
 * the API itself.)
 */
export class Admission {
  readonly onTurnAway: () => void;
  readonly #maxInFlight: number;
  /** Requests whose body has not come as a whole, the oldest first, and how to end them. */
  readonly #reading = new Map<IncomingMessage, { since: number; evict: () => void }>();
  readonly #sampler: NodeJS.Timeout;
  readonly #unwatched: number;
  #inFlight = 0;
  #held = 0;
  /** As of the last sample: exact enough, and nothing to ask for. */
  #now = performance.now();
  #lateSamples = 0;

  /** @param onTurnAway to be told of each request that is turned away, by whoever does so */
  constructor(maxInFlight: number, onTurnAway: () => void = () => {}) {
    this.#maxInFlight = maxInFlight;
    this.onTurnAway = onTurnAway;
    this.#unwatched = Math.min(unwatchedBodies, Math.floor(maxInFlight / 4));
    this.#sampler = setInterval(() => this.#sample(), sampleEveryMs);
    this.#sampler.unref();
  }

  /**
   * Takes a request in; null when it is to be turned away. `evict` answers it and ends its connection, when it is still
   * sending its body while others have come in full.
   */
  enter(incoming: IncomingMessage, kind: RequestKind, evict: () => void): Leave | null {
    if (kind === "exempt") return () => {};
    if (kind === "held" ? this.#held >= maxWaiting : this.#isOverloaded()) return null;
    if (this.#inFlight + this.#held >= this.#unwatched && hasBody(incoming)) {
      if (!this.#startReading(incoming, evict)) return null;
    }
    if (kind === "held") this.#held += 1;
    else this.#inFlight += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#reading.delete(incoming);
      if (kind === "held") this.#held -= 1;
      else this.#inFlight -= 1;
    };
  }

  stop(): void {
    clearInterval(this.#sampler);
  }

  /** Bodies that are still coming count by themselves: they cost a buffer, and no turn. */
  #isOverloaded(): boolean {
    const working = this.#inFlight - this.#reading.size;
    if (working >= this.#maxInFlight) return true;
    return working >= fewInFlight && this.#lateSamples > 1;
  }

  #startReading(incoming: IncomingMessage, evict: () => void): boolean {
    if (this.#reading.size >= this.#maxInFlight) {
      const [oldest] = this.#reading.values();
      if (oldest === undefined || this.#now - oldest.since < slowBodyMs) return false;
      oldest.evict();
    }
    this.#reading.set(incoming, { since: this.#now, evict });
    incoming.once("end", () => this.#reading.delete(incoming));
    return true;
  }

  /** One late sample may be a collection of garbage; two are a process that does not keep up. */
  #sample(): void {
    const now = performance.now();
    const late = now - this.#now - sampleEveryMs > longestLoopDelayMs;
    this.#lateSamples = late ? this.#lateSamples + 1 : 0;
    this.#now = now;
  }
}

/** What a request is, by its URL. */
export function kindOf(url: string): RequestKind {
  if (heldUrl.test(url)) return "held";
  return exemptUrl.test(url) ? "exempt" : "work";
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return length === undefined ? headers["transfer-encoding"] !== undefined : length !== "0";
}
