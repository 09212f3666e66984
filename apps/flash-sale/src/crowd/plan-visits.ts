/** How somebody buys. "At once": both requests are under way at the same time. */
export type Manner =
  | "buys once"
  | "orders again"
  | "orders twice at once"
  | "repeats the request"
  | "repeats it at once"
  | "hangs up in the middle"
  | "hangs up before the answer"
  | "hangs up and comes back";

export interface Visit {
  readonly buyer: string;
  readonly manner: Manner;
}

/** Of a hundred buyers; the others buy once. */
const perHundred: readonly (readonly [Manner, number])[] = [
  ["orders again", 3],
  ["orders twice at once", 3],
  ["repeats the request", 3],
  ["repeats it at once", 3],
  ["hangs up in the middle", 1],
  ["hangs up before the answer", 1],
  ["hangs up and comes back", 1],
];

/** Who comes, in which order, and how each behaves: at least one of each manner when there are buyers enough. The same on every run. */
export function planVisits(buyers: number): Visit[] {
  const manners: Manner[] = [];
  for (const [manner, share] of perHundred) {
    const count = Math.ceil((buyers * share) / 100);
    for (let made = 0; made < count && manners.length < buyers; made++) manners.push(manner);
  }
  while (manners.length < buyers) manners.push("buys once");
  shuffle(manners, mulberry32(1));
  return manners.map((manner, index) => ({ buyer: `buyer-${index + 1}`, manner }));
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}

/** A small generator of random numbers in [0, 1) that can be seeded (Tommy Ettinger, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
