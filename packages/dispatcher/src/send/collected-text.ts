/** Puts a body together, up to a limit in bytes. What is cut in a character's middle ends in U+FFFD. */
export class CollectedText {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #whole = true;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the next bytes; false when it wants no more. */
  add(chunk: Uint8Array): boolean {
    const left = this.#limit - this.#bytes;
    if (chunk.byteLength > left) {
      this.#chunks.push(chunk.subarray(0, left));
      this.#whole = false;
      return false;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    return true;
  }

  get whole(): boolean {
    return this.#whole;
  }

  text(): string {
    return this.#chunks.length === 0 ? "" : new TextDecoder().decode(Buffer.concat(this.#chunks));
  }
}
