import type { Chunk } from "./chunk.ts";
import { isPromise } from "./is-promise.ts";
import { OpenChunks } from "./open-chunks.ts";
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
  readonly #handler: MessageHandler;
  readonly #options: RunnerOptions;
  readonly #open = new OpenChunks();
  /** What is to be handed out yet. */
  #runs: Run[] = [];
  #running = 0;
  #stopping = false;

  constructor(handler: MessageHandler, options: RunnerOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  get idle(): boolean {
    return this.#open.size === 0;
  }

  get demand(): number {
    const { concurrency, maxMessages } = this.#options.settings;
    if (this.#runs.length > 0) return 0;
    return Math.ceil((concurrency - this.#running) / maxMessages);
  }

  run(): void {
    while (!this.#stopping && this.#running < this.#options.settings.concurrency) {
      const run = this.#nextRun();
      if (!run) return;
      this.#hand(run, 0);
    }
  }

  async stop(timeoutMs: number, reason: unknown): Promise<number> {
    this.#stopping = true;
    for (const { chunk, indices } of this.#runs.splice(0)) this.#giveBack(chunk, indices, 0);
    return this.#open.close(timeoutMs, reason, (left) => this.#conclude(left));
  }

  #nextRun(): Run | null {
    for (;;) {
      const run = this.#runs.shift();
      if (run === undefined) {
        const chunk = this.#options.take();
        if (!chunk) return null;
        chunk.startedAt = performance.now();
        this.#open.add(chunk);
        this.#runs = runsOf(chunk);
      } else if (run.chunk.lease.lost) {
        this.#concludeIfDone(run.chunk);
      } else {
        return run;
      }
    }
  }

  /** Hands out a run from a position on, until a handler is to be waited for. */
  #hand({ chunk, indices }: Run, from: number): void {
    const { verdicts, onSlot } = this.#options;
    for (let position = from; position < indices.length; position += 1) {
      const index = indices[position]!;
      if (position > 0 && this.#isOver(chunk, indices[position - 1]!)) {
        this.#giveBack(chunk, indices, position);
        return;
      }
      chunk.next += 1;
      let result: unknown;
      try {
        result = this.#handler(chunk.messages[index]!, chunk.context);
      } catch (thrown) {
        verdicts.threw(chunk, index, thrown);
        continue;
      }
      if (!isPromise(result)) {
        verdicts.returned(chunk, index, result);
        continue;
      }
      chunk.running += 1;
      this.#running += 1;
      const ended = () => {
        chunk.running -= 1;
        this.#running -= 1;
        this.#hand({ chunk, indices }, position + 1);
        onSlot();
      };
      result.then(
        (value) => {
          verdicts.returned(chunk, index, value);
          ended();
        },
        (thrown) => {
          verdicts.threw(chunk, index, thrown);
          ended();
        },
      );
      return;
    }
    this.#concludeIfDone(chunk);
  }

  /** What follows in the lane waits for what went back; nor is anything begun that nobody waits for. */
  #isOver(chunk: Chunk, before: number): boolean {
    return this.#stopping || chunk.closed || chunk.lease.lost !== null || chunk.isHeldBack(before);
  }

  #giveBack(chunk: Chunk, indices: readonly number[], from: number): void {
    for (const index of indices.slice(from)) chunk.decide(index, release());
    this.#concludeIfDone(chunk);
  }

  #concludeIfDone(chunk: Chunk): void {
    if (chunk.closed) return;
    if (chunk.running === 0 && (chunk.open === 0 || chunk.lease.lost)) this.#conclude(chunk);
  }

  /** What is undecided is given up. */
  #conclude(chunk: Chunk): void {
    chunk.decideRest(release());
    chunk.closed = true;
    this.#options.conclude(chunk);
    this.#open.delete(chunk);
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
