import fc from "fast-check";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Everything that a run decides by chance, from one seed. */
export class Chance {
  readonly #random: fc.Random;

  constructor(seed: number) {
    this.#random = new fc.Random(xoroshiro128plus(seed | 0));
  }

  /** A whole number from `minimum` to `maximum`, both included. */
  int(minimum: number, maximum: number): number {
    return this.#random.nextInt(minimum, maximum);
  }

  /** Whether one of so many cases came up. */
  oneIn(cases: number): boolean {
    return this.int(1, cases) === 1;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.int(0, 255);
    return bytes;
  }

  /** A value of an arbitrary, with edge cases more often than chance would have it. */
  draw<T>(arbitrary: fc.Arbitrary<T>): T {
    return arbitrary.generate(this.#random, 10).value;
  }
}
