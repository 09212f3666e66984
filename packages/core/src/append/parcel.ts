import type { TidegateError } from "@tidegate/contracts";

/** Where a message went, or why it did not. */
export type AppendOutcome =
  | {
      readonly status: "appended";
      readonly partition: number;
      readonly offset: number;
      readonly duplicate: boolean;
    }
  | {
      readonly status: "delayed";
      readonly partition: number;
      /** Names the message until it is due and has an offset. */
      readonly delayedId: number;
      readonly duplicate: boolean;
    }
  | { readonly status: "refused"; readonly error: TidegateError };

/** What a publisher learns of the line that its messages joined, over the partitions that it appended to. */
export interface Backlog {
  /** Messages behind the slowest group, delayed ones included. */
  readonly messages: number;
  /** Age of the oldest of them. */
  readonly oldestMs: number;
  /** How long that group will need for those that are due, at its present rate; null while it has none. */
  readonly etaMs: number | null;
}

/** The messages of one append call that go to one partition. */
export class Parcel {
  readonly outcomes: AppendOutcome[];
  readonly indexes: number[] = [];
  /** Set when the topic was not what the call took it for: these messages want another partition. */
  stale: TidegateError | null = null;
  backlog: Backlog | null = null;
  readonly done: Promise<void>;
  #pending = 0;
  #sealed = false;
  #finish: () => void = () => {};

  /** @param outcomes the list of the whole call, in which `indexes` tells the places of this parcel's messages */
  constructor(outcomes: AppendOutcome[]) {
    this.outcomes = outcomes;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Takes a message in; returns its place in `indexes`. */
  take(index: number): number {
    this.#pending += 1;
    return this.indexes.push(index) - 1;
  }

  /** No more messages will come. */
  seal(): void {
    this.#sealed = true;
    if (this.#pending === 0) this.#finish();
  }

  /** So many of its messages have an outcome, or never will here. */
  settle(count: number): void {
    this.#pending -= count;
    if (this.#pending === 0 && this.#sealed) this.#finish();
  }
}
