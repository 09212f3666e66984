import { pushHeaders, type SigningKeys } from "@tidegate/contracts";
import { type Sign, signNatively } from "./sign-natively.ts";

/** How long keys are good without asking again: a rotation is noticed so late at most. */
const freshMs = 5_000;

/** Signs requests after Standard Webhooks, with the key that is current. */
export class Signer {
  readonly #ask: () => Promise<SigningKeys>;
  #sign: Sign | null = null;
  #current = "";
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @param keys configured keys, or how to ask for those that are derived */
  constructor(keys: SigningKeys | (() => Promise<SigningKeys>)) {
    this.#ask = typeof keys === "function" ? keys : async () => keys;
  }

  /** Whether the key is known to be current; else `refresh` comes first. */
  get fresh(): boolean {
    return this.#sign !== null && performance.now() - this.#askedAt < freshMs;
  }

  /** Asks which key is current. @throws REDIS_UNAVAILABLE when it cannot, and none was known before */
  async refresh(): Promise<void> {
    this.#askedAt = performance.now();
    try {
      const { current } = await this.#ask();
      if (this.#sign !== null && current === this.#current) return;
      this.#current = current;
      this.#sign = signNatively(current);
    } catch (error) {
      // A key that was good a moment ago is better than none: receivers know it.
      if (this.#sign !== null) return;
      this.#askedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  /** Adds the headers that sign this body, at a time by Redis's clock. A key must be known. */
  sign(headers: Record<string, string>, id: string, now: number, body: string | Uint8Array): void {
    const at = new Date(now);
    headers[pushHeaders.id] = id;
    headers[pushHeaders.timestamp] = String(Math.floor(now / 1000));
    headers[pushHeaders.signature] = this.#sign!(id, at, body);
  }
}
