/** One group that takes slots. */
interface Taker {
  inUse: number;
  readonly waiting: (() => void)[];
}

/**
 * The calls that a process makes at once, over all groups. Half of them is shared out evenly and kept: each group has its
 * part whatever the others do, so that an endpoint which answers slowly delays nobody else. The other half goes to
 * whoever asks first.
 */
export class Slots {
  readonly #total: number;
  readonly #takers = new Map<string, Taker>();
  #inUse = 0;
  #share = 1;
  /** Slots that are kept for groups which do not use their share. */
  #kept = 0;
  #waiting = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** A group takes part from now on. */
  add(group: string): void {
    if (this.#takers.has(group)) return;
    this.#takers.set(group, { inUse: 0, waiting: [] });
    this.#recount();
  }

  /** A group takes part no more. What it holds is given back by its own calls. */
  remove(group: string): void {
    const taker = this.#takers.get(group);
    if (taker === undefined) return;
    this.#takers.delete(group);
    this.#inUse -= taker.inUse;
    this.#recount();
    this.#waiting -= taker.waiting.length;
    for (const go of taker.waiting.splice(0)) go();
    this.#handOut();
  }

  /**
   * Takes a slot of the group: null when there is one, else what to wait for. `leave` gives it back. A group that takes no
   * part (any more) needs none.
   */
  enter(group: string): Promise<void> | null {
    const taker = this.#takers.get(group);
    if (taker === undefined) return null;
    if (taker.waiting.length > 0 || !this.#mayTake(taker)) {
      this.#waiting += 1;
      // Whoever hands a slot out has taken it for the one who waits.
      return new Promise<void>((go) => taker.waiting.push(go));
    }
    this.#take(taker);
    return null;
  }

  leave(group: string): void {
    const taker = this.#takers.get(group);
    if (taker === undefined || taker.inUse === 0) return;
    taker.inUse -= 1;
    this.#inUse -= 1;
    if (taker.inUse < this.#share) this.#kept += 1;
    this.#handOut();
  }

  #mayTake(taker: Taker): boolean {
    if (taker.inUse < this.#share) return true;
    const own = Math.max(0, this.#share - taker.inUse);
    return this.#total - this.#inUse > this.#kept - own;
  }

  #take(taker: Taker): void {
    if (taker.inUse < this.#share) this.#kept -= 1;
    taker.inUse += 1;
    this.#inUse += 1;
  }

  /** To those who wait, one group after the other: who got one goes to the end of the line. */
  #handOut(): void {
    while (this.#waiting > 0) {
      const next = [...this.#takers].find(([, taker]) => taker.waiting.length > 0 && this.#mayTake(taker));
      if (next === undefined) return;
      const [group, taker] = next;
      this.#take(taker);
      this.#takers.delete(group);
      this.#takers.set(group, taker);
      this.#waiting -= 1;
      taker.waiting.shift()!();
    }
  }

  #recount(): void {
    this.#share = Math.max(1, Math.floor(this.#total / 2 / Math.max(1, this.#takers.size)));
    this.#kept = 0;
    for (const { inUse } of this.#takers.values()) this.#kept += Math.max(0, this.#share - inUse);
  }
}
