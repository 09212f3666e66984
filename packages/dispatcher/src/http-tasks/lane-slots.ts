import { Slots } from "../dispatcher/slots.ts";

/** The calls for HTTP tasks that a process makes at once, shared out among their keys as those of push are among groups. */
export class LaneSlots {
  readonly #slots: Slots;
  /** Of each key, how many calls are made or wait. */
  readonly #taking = new Map<string, number>();

  constructor(total: number) {
    this.#slots = new Slots(total);
  }

  /** Takes a slot: null when there is one, else what to wait for. `leave` gives it back. */
  enter(key: string): Promise<void> | null {
    const taking = this.#taking.get(key) ?? 0;
    if (taking === 0) this.#slots.add(key);
    this.#taking.set(key, taking + 1);
    return this.#slots.enter(key);
  }

  leave(key: string): void {
    this.#slots.leave(key);
    const taking = this.#taking.get(key)! - 1;
    if (taking > 0) {
      this.#taking.set(key, taking);
      return;
    }
    this.#taking.delete(key);
    this.#slots.remove(key);
  }
}
