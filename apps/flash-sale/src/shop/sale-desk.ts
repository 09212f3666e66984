import { randomBytes } from "node:crypto";
import { Client } from "@tidegate/client";

export const topic = "orders";
export const group = "database";

/** What the shop sells, and how. */
export interface SaleTerms {
  readonly stock: number;
  /** Orders that the database can take in a second: the line lets in no more than it works on in two. */
  readonly drainPerSecond: number;
  /** How long visitors may gather before the start. */
  readonly countdownMs: number;
}

/** Where the sale stands, for the operator. */
export interface SaleSample {
  readonly at: number;
  readonly saleId: string;
  /** Visitors who were not called yet. */
  readonly inLine: number;
  /** Orders that the database has not got yet. */
  readonly backlog: number;
  readonly maxBacklog: number;
  readonly mostPerSecond: number;
  readonly stockLeft: number;
  readonly stock: number;
}

const leaseMs = 5_000;
const heartbeatMs = 5_000;
const admissionMs = 60_000;

/** The operator's desk: opens sales, one after the other, over the API that every operator has. */
export class SaleDesk {
  readonly #client: Client;
  readonly #terms: SaleTerms;
  #sales = 0;

  constructor(url: string, token: string, terms: SaleTerms) {
    this.#client = new Client({ url, token });
    this.#terms = terms;
  }

  get #maxLag(): number {
    return Math.max(4, this.#terms.drainPerSecond * 2);
  }

  /** Begins a sale: new stock, and a new line in front of it that starts when the countdown is over. */
  async open(): Promise<void> {
    this.#sales += 1;
    // Never one of an earlier run: browsers remember where they stood in a sale.
    const id = `sale-${this.#sales}-${randomBytes(4).toString("hex")}`;
    const { stock, countdownMs } = this.#terms;
    await this.#client.topics.put(topic, { partitions: 1, gate: { id, stock, perKey: { limit: 1 } } });
    await this.#client.groups.put(topic, group, { leaseMs });
    await this.#client.line(topic).put({
      id,
      startsAt: Date.now() + countdownMs,
      ordersGroup: group,
      maxLag: this.#maxLag,
      headWindow: this.#maxLag * 4,
      ...{ heartbeatMs, admissionMs },
    });
  }

  async sample(): Promise<SaleSample> {
    const [{ gateState }, { lag }, line] = await Promise.all([
      this.#client.topics.get(topic),
      this.#client.groups.get(topic, group),
      this.#client.line(topic).get(),
    ]);
    return {
      at: Date.now(),
      saleId: line.id,
      inLine: line.joined - line.serving,
      backlog: lag,
      maxBacklog: this.#maxLag,
      mostPerSecond: this.#terms.drainPerSecond,
      stockLeft: gateState?.remaining ?? 0,
      stock: this.#terms.stock,
    };
  }
}
