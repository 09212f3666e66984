import type { Chunk } from "./chunk.ts";
import type { Verdicts } from "./verdicts.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** Hands what was fetched to the handler. */
export interface Runner {
  readonly idle: boolean;
  /** How many chunks it could begin now, had they been fetched. */
  readonly demand: number;
  /** Begins what it can. */
  run(): void;
  stop(timeoutMs: number, reason: unknown): Promise<number>;
}

export interface RunnerOptions {
  settings: WorkerSettings;
  verdicts: Verdicts;
  /** The next chunk that was fetched. */
  take: () => Chunk | null;
  /** Every message of the chunk is decided, or it is given up, or its lease is lost. */
  conclude: (chunk: Chunk) => void;
  /** A handler has ended that was waited for. */
  onSlot: () => void;
}
