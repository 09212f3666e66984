/**
 * SipHash-2-4 with a tag of 128 bits (Aumasson and Bernstein, 2012; the long tag is that of the reference code
 * veorq/SipHash), a MAC made for short inputs. In JavaScript it takes a fifth of the time of HMAC-SHA256, which
 * would cost a publish more than parsing its message does, and unlike that it is there in every runtime without a
 * promise: tickets are sealed with it, and places in a waiting line follow from it in browsers.
 *
 * 64-bit words are pairs of 32-bit halves, low half first, as the algorithm reads its input.
 */

const state = new Int32Array(8);

/** One round over the state v0..v3, each as (low, high). */
function rounds(count: number): void {
  let v0l = state[0]!;
  let v0h = state[1]!;
  let v1l = state[2]!;
  let v1h = state[3]!;
  let v2l = state[4]!;
  let v2h = state[5]!;
  let v3l = state[6]!;
  let v3h = state[7]!;
  let low: number;
  let high: number;
  for (let round = 0; round < count; round++) {
    // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
    low = (v0l + v1l) | 0;
    v0h = (v0h + v1h + carry(low, v0l)) | 0;
    v0l = low;
    low = (v1l << 13) | (v1h >>> 19);
    high = (v1h << 13) | (v1l >>> 19);
    v1l = low ^ v0l;
    v1h = high ^ v0h;
    low = v0l;
    v0l = v0h;
    v0h = low;
    // v2 += v3; v3 = rotl(v3, 16) ^ v2
    low = (v2l + v3l) | 0;
    v2h = (v2h + v3h + carry(low, v2l)) | 0;
    v2l = low;
    low = (v3l << 16) | (v3h >>> 16);
    high = (v3h << 16) | (v3l >>> 16);
    v3l = low ^ v2l;
    v3h = high ^ v2h;
    // v0 += v3; v3 = rotl(v3, 21) ^ v0
    low = (v0l + v3l) | 0;
    v0h = (v0h + v3h + carry(low, v0l)) | 0;
    v0l = low;
    low = (v3l << 21) | (v3h >>> 11);
    high = (v3h << 21) | (v3l >>> 11);
    v3l = low ^ v0l;
    v3h = high ^ v0h;
    // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
    low = (v2l + v1l) | 0;
    v2h = (v2h + v1h + carry(low, v2l)) | 0;
    v2l = low;
    low = (v1l << 17) | (v1h >>> 15);
    high = (v1h << 17) | (v1l >>> 15);
    v1l = low ^ v2l;
    v1h = high ^ v2h;
    low = v2l;
    v2l = v2h;
    v2h = low;
  }
  state[0] = v0l;
  state[1] = v0h;
  state[2] = v1l;
  state[3] = v1h;
  state[4] = v2l;
  state[5] = v2h;
  state[6] = v3l;
  state[7] = v3h;
}

/** The carry out of a 32-bit sum, told from the sum and one of its parts. */
function carry(sum: number, part: number): number {
  return sum >>> 0 < part >>> 0 ? 1 : 0;
}

/**
 * Writes the tag of `input` into `tag` as four 32-bit words in little-endian order.
 *
 * @param key four words, little-endian
 * @param input the message as little-endian words; whole 64-bit blocks only, so an even number of words
 */
export function sipHash128(key: Uint32Array, input: Uint32Array, tag: Uint32Array): void {
  const k0l = key[0]!;
  const k0h = key[1]!;
  const k1l = key[2]!;
  const k1h = key[3]!;
  state[0] = k0l ^ 0x70736575;
  state[1] = k0h ^ 0x736f6d65;
  state[2] = k1l ^ 0x6e646f6d ^ 0xee;
  state[3] = k1h ^ 0x646f7261;
  state[4] = k0l ^ 0x6e657261;
  state[5] = k0h ^ 0x6c796765;
  state[6] = k1l ^ 0x79746573;
  state[7] = k1h ^ 0x74656462;
  for (let at = 0; at < input.length; at += 2) absorb(input[at]!, input[at + 1]!);
  absorb(0, ((input.length * 4) & 0xff) << 24);
  state[4] = state[4]! ^ 0xee;
  rounds(4);
  tag[0] = state[0]! ^ state[2]! ^ state[4]! ^ state[6]!;
  tag[1] = state[1]! ^ state[3]! ^ state[5]! ^ state[7]!;
  state[2] = state[2]! ^ 0xdd;
  rounds(4);
  tag[2] = state[0]! ^ state[2]! ^ state[4]! ^ state[6]!;
  tag[3] = state[1]! ^ state[3]! ^ state[5]! ^ state[7]!;
}

function absorb(low: number, high: number): void {
  state[6] = state[6]! ^ low;
  state[7] = state[7]! ^ high;
  rounds(2);
  state[0] = state[0]! ^ low;
  state[1] = state[1]! ^ high;
}
