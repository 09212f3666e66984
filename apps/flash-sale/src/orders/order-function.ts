import { createServer, type Server } from "node:http";
import { deadLetter, nodePush, type PushedMessage, type PushKeys } from "@tidegate/client/push";
import type { PlacedOrder } from "./order.ts";
import { OrderDatabase } from "./order-database.ts";

export interface OrderFunctionOptions {
  /** Where it is called, on loopback. */
  readonly port: number;
  readonly keys: PushKeys;
  readonly databaseFile: string;
  /** Told how many orders the database has, at the start and after each transaction. */
  readonly onWritten: (count: number) => void;
}

/** A function that is called with orders and writes them to the database: all that a shop needs beside Tidegate. */
export class OrderFunction {
  readonly #options: OrderFunctionOptions;
  readonly #database: OrderDatabase;
  readonly #server: Server;
  #written: number;
  #gathered: { readonly orders: PlacedOrder[]; readonly written: Promise<void> } | null = null;

  constructor(options: OrderFunctionOptions) {
    this.#options = options;
    this.#database = new OrderDatabase(options.databaseFile);
    this.#written = this.#database.count();
    this.#server = createServer(nodePush({ keys: options.keys }, (message) => this.#order(message)));
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, "127.0.0.1", () => {
        this.#options.onWritten(this.#written);
        resolve();
      });
    });
  }

  /** Answers what it was called with, then closes the database. */
  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeIdleConnections();
    });
    this.#database.close();
  }

  /** One message. It is acknowledged when this returns; killed before, it comes again and meets its own row. */
  async #order(message: PushedMessage): Promise<unknown> {
    const { partition, offset, key } = message;
    const id = message.json<{ order?: unknown } | null>()?.order;
    if (key === null || typeof id !== "string") return deadLetter("not an order");
    await this.#write({ id, buyer: key, partition, offset });
    return undefined;
  }

  /** The messages of a call are handled side by side: what comes in one turn is one transaction. */
  #write(order: PlacedOrder): Promise<void> {
    this.#gathered ??= this.#gather();
    this.#gathered.orders.push(order);
    return this.#gathered.written;
  }

  #gather() {
    const orders: PlacedOrder[] = [];
    const written = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#gathered = null;
      this.#written += this.#database.write(orders, performance.timeOrigin + performance.now());
      this.#options.onWritten(this.#written);
    });
    return { orders, written };
  }
}
