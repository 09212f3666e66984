import type { Order, PlacedOrder } from "../orders/order.ts";
import type { Answer } from "./till.ts";

/** What the crowd has seen, request by request: the buyers' side of the books. */
export class Receipts {
  /** Requests that were sent, repeats and half ones too. */
  requests = 0;
  /** Requests whose client hung up. */
  hungUp = 0;
  /** Requests without an answer, though the client waited for it. */
  failed = 0;
  readonly refused = new Map<string, number>();
  /** How long each accepted request took. */
  readonly acceptMs: number[] = [];
  /** By order. */
  readonly accepted = new Map<string, PlacedOrder>();
  /** Buyers who were told something. */
  readonly answered = new Set<string>();
  /** Repeats that were not answered like the first request. */
  readonly contradictions: string[] = [];
  /** Orders that were refused for good. Stock never comes back in a sale, so none of them can be accepted later. */
  readonly #turnedAway = new Set<string>();

  /** Notes what came of a request that was waited for. */
  note(order: Order, answer: Answer): void {
    this.requests += 1;
    if (answer.kind === "failed") {
      this.failed += 1;
      return;
    }
    this.answered.add(order.buyer);
    if (answer.kind === "refused") this.#noteRefusal(order, answer);
    else this.#noteAcceptance(order, answer);
  }

  noteHangUp(): void {
    this.requests += 1;
    this.hungUp += 1;
  }

  #noteRefusal({ id }: Order, { code, retryAfterMs }: Answer & { kind: "refused" }): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    if (retryAfterMs !== null) return;
    this.#turnedAway.add(id);
    if (this.accepted.has(id)) this.contradictions.push(`${id} was accepted, and met ${code}`);
  }

  #noteAcceptance({ id, buyer }: Order, { partition, offset, ms }: Answer & { kind: "accepted" }): void {
    this.acceptMs.push(ms);
    if (this.#turnedAway.has(id)) this.contradictions.push(`${id} was refused, and accepted at ${offset}`);
    const first = this.accepted.get(id);
    if (first === undefined) this.accepted.set(id, { id, buyer, partition, offset });
    else if (first.partition !== partition || first.offset !== offset)
      this.contradictions.push(`${id} has the places ${first.offset} and ${offset}`);
  }
}
