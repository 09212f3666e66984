import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { PlacedOrder } from "./order.ts";

/** A written order; `writtenAt` is in milliseconds since 1970, the same for all of one transaction. */
export interface OrderRow extends PlacedOrder {
  readonly writtenAt: number;
}

/**
 * The shop's orders in SQLite. The key is the order's place in the log, so that a message which is delivered again is
 * written once. That a buyer has one order is the gate's promise and is not enforced here, or its breach could not be seen.
 */
export class OrderDatabase {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;

  /** Opens the file, and makes it if it is missing. A commit that has returned survives a power loss. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS orders (
        partition INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        id TEXT NOT NULL,
        buyer TEXT NOT NULL,
        written_at REAL NOT NULL,
        PRIMARY KEY (partition, offset)
      ) WITHOUT ROWID`);
    this.#insert = this.#database.prepare(
      "INSERT INTO orders (partition, offset, id, buyer, written_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
  }

  /** Writes orders in one transaction; those that are there already are left alone. Returns how many were new. */
  write(orders: readonly PlacedOrder[], writtenAt: number): number {
    let added = 0;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { partition, offset, id, buyer } of orders)
        added += Number(this.#insert.run(partition, offset, id, buyer, writtenAt).changes);
      this.#database.exec("COMMIT");
      return added;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  count(): number {
    return Number(this.#database.prepare("SELECT count(*) AS count FROM orders").get()?.count);
  }

  /** All orders, by place. */
  rows(): OrderRow[] {
    return this.#database
      .prepare(
        'SELECT partition, offset, id, buyer, written_at AS "writtenAt" FROM orders ORDER BY partition, offset',
      )
      .all() as unknown as OrderRow[];
  }

  close(): void {
    this.#database.close();
  }
}
