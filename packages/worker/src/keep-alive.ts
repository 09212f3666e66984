import { TidegateError } from "@tidegate/contracts";
import type { HeldLease } from "./held-lease.ts";

/** How often in the time of a lease it is looked at; it is extended at an age of one to two of these parts. */
const looksPerLease = 4;

export interface KeepAliveOptions {
  leaseMs: number;
  extend: (lease: HeldLease) => Promise<void>;
  /** Told of a lease that was not extended in time. */
  onLost: (lease: HeldLease, error: TidegateError) => void;
}

/** Extends the leases that are held, all due ones in one tick; without any, it sends nothing. */
export class KeepAlive {
  readonly #leases = new Set<HeldLease>();
  readonly #options: KeepAliveOptions;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#leases.size;
  }

  add(lease: HeldLease): void {
    if (this.#stopped) return;
    this.#leases.add(lease);
    this.#timer ??= setInterval(() => this.#look(), this.#options.leaseMs / looksPerLease);
  }

  delete(lease: HeldLease): void {
    this.#leases.delete(lease);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  #look(): void {
    const { leaseMs, extend, onLost } = this.#options;
    const now = performance.now();
    for (const lease of this.#leases) {
      const age = now - lease.renewedAt;
      if (age >= leaseMs) {
        this.#leases.delete(lease);
        onLost(lease, new TidegateError("LEASE_LOST", `the lease could not be extended for ${leaseMs} ms`));
      } else if (age >= leaseMs / looksPerLease && !lease.extending) {
        lease.extending = true;
        // Whatever a failed extend means was said by `extend`; if the lease is still held, the next look tries again.
        extend(lease)
          .catch(() => {})
          .finally(() => {
            lease.extending = false;
          });
      }
    }
  }
}
