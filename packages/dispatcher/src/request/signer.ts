import { pushHeaders, type SigningKeys } from "@tidegate/contracts";
import { Webhook } from "standardwebhooks";

/** How long keys are good without asking again: a rotation is noticed so late at most. */
const freshMs = 5_000;

/** Signs requests after Standard Webhooks, with the key that is current. */
export class Signer {
  readonly #ask: () => Promise<SigningKeys>;
  #webhook: Webhook | null = null;
  #current = "";
  #askedAt = Number.NEGATIVE_INFINITY;

  /** @param keys configured keys, or how to ask for those that are derived */
  constructor(keys: SigningKeys | (() => Promise<SigningKeys>)) {
    this.#ask = typeof keys === "function" ? keys : async () => keys;
  }

  /** The headers that sign this body. @throws REDIS_UNAVAILABLE when no key was known before */
  async headers(id: string, now: number, body: string): Promise<Record<string, string>> {
    const webhook = await this.#webhookOfNow();
    const at = new Date(now);
    return {
      [pushHeaders.id]: id,
      [pushHeaders.timestamp]: String(Math.floor(at.getTime() / 1000)),
      [pushHeaders.signature]: webhook.sign(id, at, body),
    };
  }

  async #webhookOfNow(): Promise<Webhook> {
    const now = performance.now();
    if (this.#webhook !== null && now - this.#askedAt < freshMs) return this.#webhook;
    this.#askedAt = now;
    try {
      const { current } = await this.#ask();
      if (this.#webhook === null || current !== this.#current) {
        this.#current = current;
        this.#webhook = new Webhook(current);
      }
    } catch (error) {
      // A key that was good a moment ago is better than none: receivers know it.
      if (this.#webhook === null) {
        this.#askedAt = Number.NEGATIVE_INFINITY;
        throw error;
      }
    }
    return this.#webhook;
  }
}
