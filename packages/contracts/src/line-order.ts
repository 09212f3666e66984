import { sipHash128 } from "./siphash.ts";

/** What a line publishes of its order: nobody has a place before it has started. */
export interface LineOrder {
  /** How many came before the start, and were put in random order then; null before it. */
  readonly shuffled: number | null;
  /** 16 bytes in hex, published at the start; null before it. */
  readonly seed: string | null;
}

/** So many as the beacon chain of Ethereum takes for the same shuffle. */
const rounds = 90;
const bitsOfRound = 1;
const pivotOfRound = 0;

/**
 * The place of the visitor with this number: 0 is next at the start. Those who came before the start are in random order,
 * all who came later behind them in order of arrival. Null before the start.
 *
 * The order is a keyed permutation of 0..n-1, the swap-or-not shuffle (Hoang, Morris and Rogaway, "An Enciphering Scheme
 * Based on a Card Shuffle", CRYPTO 2012): in each round a number and its mirror image at a pivot change places or do not,
 * as a bit tells that is drawn for the larger of the two. Every round is its own inverse, so the whole is a bijection for
 * every n; after r rounds a number is where chance put it but for one case in 2^r. Pivots and bits are SipHash-2-4-128
 * under the seed, of four little-endian 32-bit words: kind (0 pivot, 1 bit), round, value (n, or the larger number), 0. A
 * pivot is the tag's first 64 bits modulo n, a bit the lowest of its first word.
 */
export function placeOf(number: number, { shuffled, seed }: LineOrder): number | null {
  if (shuffled === null || seed === null) return null;
  if (number >= shuffled) return number;
  return shuffleOf(seed, shuffled).place(number);
}

/** The first words of a hash. */
const tag = new Uint32Array(4);
const input = new Uint32Array(4);

/** One order, with what all its places share. */
class Shuffle {
  readonly seed: string;
  readonly count: number;
  readonly #key: Uint32Array;
  readonly #pivots: number[] = [];

  constructor(seed: string, count: number) {
    this.seed = seed;
    this.count = count;
    this.#key = wordsOf(seed);
    const turn = 2 ** 32 % count;
    for (let round = 0; round < rounds; round += 1) {
      this.#hash(pivotOfRound, round, count);
      // Below 2^53 for every count up to 2^26.
      this.#pivots.push(((tag[1]! % count) * turn + tag[0]!) % count);
    }
  }

  place(number: number): number {
    let at = number;
    for (let round = 0; round < rounds; round += 1) {
      const mirrored = (this.#pivots[round]! - at + this.count) % this.count;
      this.#hash(bitsOfRound, round, Math.max(at, mirrored));
      if (tag[0]! & 1) at = mirrored;
    }
    return at;
  }

  #hash(kind: number, round: number, value: number): void {
    input[0] = kind;
    input[1] = round;
    input[2] = value;
    sipHash128(this.#key, input, tag);
  }
}

let latest: Shuffle | null = null;

/** A process asks about one line again and again. */
function shuffleOf(seed: string, count: number): Shuffle {
  if (latest === null || latest.seed !== seed || latest.count !== count) latest = new Shuffle(seed, count);
  return latest;
}

/** Sixteen bytes in hex as four little-endian words. */
function wordsOf(seed: string): Uint32Array {
  if (!/^[0-9a-f]{32}$/.test(seed)) throw new TypeError("a seed has 32 digits of 0-9 a-f");
  const words = new Uint32Array(4);
  for (let at = 0; at < 16; at += 1) {
    const byte = Number.parseInt(seed.slice(at * 2, at * 2 + 2), 16);
    words[at >> 2] = words[at >> 2]! | (byte << ((at & 3) * 8));
  }
  return words;
}
