const indexDigits = 8;

/** Messages to send, each different and each knowing its number. Their bytes are made before the clock starts. */
export class MessageSet {
  readonly count: number;
  readonly payloadBytes: number;
  readonly #bytes: Buffer;

  /** @param payloadBytes at least 16, for the number in front */
  constructor(count: number, payloadBytes: number) {
    this.count = count;
    this.payloadBytes = payloadBytes;
    this.#bytes = fillWithText(Buffer.allocUnsafeSlow(count * payloadBytes));
    for (let index = 0; index < count; index += 1) {
      this.#bytes.write(String(index).padStart(indexDigits, "0"), index * payloadBytes, "latin1");
    }
  }

  /** Messages from one number up to another. They are made when they are sent, as a user's are; thousands kept ready would burden the garbage collector. */
  bodies(from: number, to: number): Uint8Array[] {
    const bodies: Uint8Array[] = [];
    for (let index = from; index < to; index += 1) {
      bodies.push(new Uint8Array(this.#bytes.buffer, index * this.payloadBytes, this.payloadBytes));
    }
    return bodies;
  }

  /** The same as text, for who stores JSON. */
  texts(from: number, to: number): string[] {
    const texts: string[] = [];
    for (let index = from; index < to; index += 1) {
      texts.push(this.#bytes.toString("latin1", index * this.payloadBytes, (index + 1) * this.payloadBytes));
    }
    return texts;
  }

  /** Whether this is the message with that number, byte for byte. */
  isMessage(index: number, body: Uint8Array): boolean {
    if (index < 0 || index >= this.count || body.length !== this.payloadBytes) return false;
    const start = index * this.payloadBytes;
    return this.#bytes.compare(body, 0, body.length, start, start + this.payloadBytes) === 0;
  }
}

/** The number that a body begins with; -1 when it has none. */
export function readIndex(body: Uint8Array): number {
  let index = 0;
  for (let at = 0; at < indexDigits; at += 1) {
    const digit = (body[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}

/** Printable text that repeats only after a while, and needs no escapes in JSON. */
function fillWithText(bytes: Buffer): Buffer {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const period = Math.min(bytes.length, 65_521);
  let state = 1;
  for (let at = 0; at < period; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = alphabet.charCodeAt(state >>> 26);
  }
  for (let at = period; at < bytes.length; at += period) {
    bytes.copyWithin(at, 0, Math.min(period, bytes.length - at));
  }
  return bytes;
}
