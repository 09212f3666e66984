import { partitionOfKey } from "@tidegate/contracts";
import type { OutgoingMessage } from "./message.ts";

const utf8 = new TextEncoder();

/** Idempotency keys that are short and ASCII, as most are, are hashed from here: an encoder costs more than the hash. */
const asciiBytes = new Uint8Array(64);
const asciiOfLength = Array.from({ length: asciiBytes.length + 1 }, (_, end) => asciiBytes.subarray(0, end));

/** The partition of a message without a key that has an idempotency key: repeats meet in one place. */
export function partitionOfIdempotencyKey(idempotencyKey: string, partitions: number): number {
  const { length } = idempotencyKey;
  if (length > asciiBytes.length) return partitionOfKey(utf8.encode(idempotencyKey), partitions);
  for (let at = 0; at < length; at += 1) {
    const code = idempotencyKey.charCodeAt(at);
    if (code > 0x7f) return partitionOfKey(utf8.encode(idempotencyKey), partitions);
    asciiBytes[at] = code;
  }
  return partitionOfKey(asciiOfLength[length]!, partitions);
}

/** With so many calls under way, Redis and this process both have work. */
const callsUnderWay = 2;
/** Then a partition is stayed with for so long: about what one call carries. */
const callBytes = 1024 * 1024;

/**
 * Chooses partitions for messages that have nothing to choose by: one stays until about a batch's bytes are in it (a
 * call's, while enough calls are under way), or until what was gathered for it has left. So a call carries as much with
 * many partitions as with few.
 */
export class StickyPartitioner {
  readonly #batchBytes: number;
  #partition = -1;
  #bytes = 0;
  #underWay = 0;

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
  }

  /** The partition for a message of so many bytes. */
  choose(bytes: number, partitions: number): number {
    if (this.#partition < 0) {
      this.#partition = Math.floor(Math.random() * partitions);
    } else if (this.#partition >= partitions) {
      this.#partition = 0;
    } else if (this.#bytes + bytes > (this.#underWay < callsUnderWay ? this.#batchBytes : callBytes)) {
      this.#partition = (this.#partition + 1) % partitions;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    return this.#partition;
  }

  /**
   * A call to a partition leaves, with all that was gathered for it or a part. Moves on when that is where messages are
   * gathered, so that the next need not wait for its answer; but not when enough calls are under way, or each would
   * carry little: a call costs as much as a dozen messages.
   */
  left(partition: number, withAll: boolean): void {
    this.#underWay += 1;
    if (!withAll || partition !== this.#partition || this.#underWay > callsUnderWay) return;
    this.#partition += 1;
    this.#bytes = 0;
  }

  /** A call has been answered. */
  answered(): void {
    this.#underWay -= 1;
  }
}

/** The partition of a message: its own, that of its key or of its idempotency key, or where the others without any go. */
export function choosePartition(
  message: OutgoingMessage,
  partitions: number,
  sticky: StickyPartitioner,
): number {
  if (message.partition !== undefined) return message.partition;
  if (message.key) return partitionOfKey(message.key, partitions);
  if (message.idempotencyKey !== undefined)
    return partitionOfIdempotencyKey(message.idempotencyKey, partitions);
  return sticky.choose((message.value?.length ?? 0) + 16, partitions);
}
