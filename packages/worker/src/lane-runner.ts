import type { Chunk } from "./chunk.ts";
import { MessageCalls } from "./message-calls.ts";
import { release } from "./outcome.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { MessageHandler } from "./worker-options.ts";

/** Messages of one lane in a chunk, by index: handled one after the other. */
interface Run {
  readonly chunk: Chunk;
  readonly indices: readonly number[];
}

/** Hands messages to the handler, so many at once: those of one lane in their order, others side by side. */
export class LaneRunner implements Runner {
  readonly #concurrency: number;
  readonly #calls: MessageCalls<Run>;
  /** What is to be handed out yet. */
  #runs: Run[] = [];
  #stopping = false;

  constructor(handler: MessageHandler, options: RunnerOptions) {
    this.#concurrency = options.settings.concurrency;
    this.#calls = new MessageCalls(handler, options, (run, position) => this.#hand(run, position + 1));
  }

  get idle(): boolean {
    return this.#calls.idle;
  }

  get demand(): number {
    return this.#runs.length > 0 ? 0 : this.#calls.demand;
  }

  run(): void {
    while (!this.#stopping && this.#calls.underWay < this.#concurrency) {
      const run = this.#nextRun();
      if (!run) return;
      this.#hand(run, 0);
    }
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopping = true;
    for (const run of this.#runs.splice(0)) this.#giveBack(run, 0);
    return this.#calls.close(timeoutMs, reason);
  }

  #nextRun(): Run | null {
    for (;;) {
      const run = this.#runs.shift();
      if (run === undefined) {
        const chunk = this.#calls.next();
        if (!chunk) return null;
        this.#runs = runsOf(chunk);
      } else if (run.chunk.lease.lost) {
        this.#calls.concludeIfDone(run.chunk);
      } else {
        return run;
      }
    }
  }

  /** Hands out a run from a position on, until a handler is to be waited for. */
  #hand(run: Run, from: number): void {
    const { chunk, indices } = run;
    for (let position = from; position < indices.length; position += 1) {
      if (position > 0 && this.#isOver(chunk, indices[position - 1]!)) {
        this.#giveBack(run, position);
        return;
      }
      chunk.next += 1;
      if (this.#calls.begin(run, position, chunk, indices[position]!)) return;
    }
    this.#calls.concludeIfDone(chunk);
  }

  /** What follows in the lane waits for what went back; nor is anything begun that nobody waits for. */
  #isOver(chunk: Chunk, before: number): boolean {
    return this.#stopping || chunk.closed || chunk.lease.lost !== null || chunk.isHeldBack(before);
  }

  #giveBack({ chunk, indices }: Run, from: number): void {
    for (const index of indices.slice(from)) chunk.decide(index, release());
    this.#calls.concludeIfDone(chunk);
  }
}

/** The messages of a chunk by lane, in the order of the lanes' first ones; those without one are by themselves. */
function runsOf(chunk: Chunk): Run[] {
  const laneOf = chunk.lease.laneOf();
  const byLane = new Map<string, number[]>();
  const runs: Run[] = [];
  for (const [index, { offset }] of chunk.messages.entries()) {
    const lane = laneOf(offset);
    const known = lane === null ? undefined : byLane.get(lane);
    if (known) {
      known.push(index);
      continue;
    }
    const indices = [index];
    if (lane !== null) byLane.set(lane, indices);
    runs.push({ chunk, indices });
  }
  return runs;
}
