import { type MessageSet, readIndex } from "./message-set.ts";

/** Which messages were delivered: each exactly once, byte for byte as it was sent. */
export class Ledger {
  readonly #sent: MessageSet;
  readonly #seen: Uint8Array;
  #delivered = 0;
  #duplicates = 0;
  #wrong = 0;

  constructor(sent: MessageSet) {
    this.#sent = sent;
    this.#seen = new Uint8Array(sent.count);
  }

  /** How many messages were delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  enter(body: Uint8Array | null): void {
    const index = body === null ? -1 : readIndex(body);
    if (body === null || !this.#sent.isMessage(index, body)) this.#wrong += 1;
    else if (this.#seen[index] === 1) this.#duplicates += 1;
    else {
      this.#seen[index] = 1;
      this.#delivered += 1;
    }
  }

  /** Throws unless every message was delivered once and nothing else was. */
  close(who: string): void {
    const missing = this.#sent.count - this.#delivered;
    if (missing === 0 && this.#duplicates === 0 && this.#wrong === 0) return;
    throw new Error(
      `${who}: of ${this.#sent.count} messages ${missing} are missing, ${this.#duplicates} came twice, ${this.#wrong} are not as sent`,
    );
  }
}
