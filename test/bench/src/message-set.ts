const indexDigits = 8;

/** Messages to send, each different and each knowing its number: made before the clock starts. */
export class MessageSet {
  readonly payloadBytes: number;
  readonly bodies: readonly Uint8Array[];

  /** @param payloadBytes at least 16, for the number in front */
  constructor(count: number, payloadBytes: number) {
    this.payloadBytes = payloadBytes;
    const all = fillWithText(Buffer.allocUnsafeSlow(count * payloadBytes));
    this.bodies = Array.from({ length: count }, (_, index) => {
      const start = index * payloadBytes;
      all.write(String(index).padStart(indexDigits, "0"), start, "latin1");
      return new Uint8Array(all.buffer, start, payloadBytes);
    });
  }

  get count(): number {
    return this.bodies.length;
  }

  /** The same messages as text, for who stores JSON. */
  texts(): string[] {
    return this.bodies.map((body) =>
      Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1"),
    );
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
