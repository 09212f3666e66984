import type { PlacedOrder } from "../orders/order.ts";

/** What three witnesses say of one sale: the buyers, Redis, and the shop's database. */
export interface Books {
  readonly stock: number;
  /** The buyers' side. */
  readonly buyers: {
    readonly requests: number;
    /** Answers of acceptance, repeats included. */
    readonly acceptances: number;
    readonly refusals: number;
    readonly hungUp: number;
    readonly failed: number;
    /** Orders that were accepted at least once. */
    readonly accepted: readonly PlacedOrder[];
    /** Buyers who were told something. */
    readonly answered: ReadonlySet<string>;
    readonly contradictions: readonly string[];
  };
  /** Redis's side: the orders in the log, the gate's count, and where the group stands. */
  readonly log: readonly PlacedOrder[];
  readonly admitted: number;
  readonly group: { readonly lag: number; readonly deadLettered: number };
  /** What the engine's own recount of the topic found. */
  readonly recount: readonly string[];
  /** The database's side. */
  readonly rows: readonly PlacedOrder[];
}

/** What the books come to. */
export interface Balance {
  /** Buyers who could have had a unit: all who got through, whatever they were told. */
  readonly eligible: number;
  /** Buyers who were told that they have a unit. */
  readonly accepted: number;
  /** Orders in the log. More than `accepted` when somebody hung up before the answer. */
  readonly sold: number;
  /** Orders beyond the stock. */
  readonly oversold: number;
  /** Orders that were accepted or are in the log, and are not in the database. */
  readonly lost: number;
  /** Orders in the database beyond a buyer's first. */
  readonly duplicates: number;
  /** What does not balance, in words; empty when everything does. */
  readonly findings: readonly string[];
}

/** Compares what the witnesses say. */
export function balanceBooks(books: Books): Balance {
  const { stock, buyers, log, rows } = books;
  const sold = log.length;
  const balance = {
    eligible: new Set([...buyers.answered, ...buyersOf(log)]).size,
    accepted: buyersOf(buyers.accepted).size,
    sold,
    oversold: Math.max(0, sold - stock, rows.length - stock),
    lost: countLost([...buyers.accepted, ...log], rows),
    duplicates: rows.length - buyersOf(rows).size,
  };
  return {
    ...balance,
    findings: [...compareSums(books, balance), ...comparePlaces(books), ...faults(books)],
  };
}

/** What is counted in several places must be the same number. */
function compareSums(books: Books, balance: Omit<Balance, "findings">): string[] {
  const { buyers, group } = books;
  const { sold, oversold, lost, duplicates, eligible } = balance;
  const rows = books.rows.length;
  const due = Math.min(books.stock, eligible);
  const outcomes = buyers.acceptances + buyers.refusals + buyers.hungUp + buyers.failed;
  return findingsOf([
    [oversold > 0, `${oversold} orders are beyond the stock`],
    [lost > 0, `${lost} orders are not in the database`],
    [duplicates > 0, `${duplicates} orders in the database are a buyer's second`],
    [sold !== due, `${sold} units were sold, where it should have been ${due}`],
    [books.admitted !== sold, `the gate admitted ${books.admitted}, the log has ${sold}`],
    [rows !== sold, `the database has ${rows} orders, the log ${sold}`],
    [group.lag > 0, `${group.lag} orders are not acknowledged`],
    [group.deadLettered > 0, `${group.deadLettered} orders became dead letters`],
    [buyers.failed > 0, `${buyers.failed} requests were not answered`],
    [outcomes !== buyers.requests, `${buyers.requests} requests had ${outcomes} outcomes`],
  ]);
}

/** An order has one place, and it is the same for its buyer, in the log and in the database. */
function comparePlaces({ buyers, log, rows }: Books): string[] {
  const inLog = new Set(log.map(entryOf));
  const twice = log.length - buyersOf(log).size;
  const strange = rows.filter((row) => !inLog.has(entryOf(row))).length;
  const broken = buyers.accepted.filter((order) => !inLog.has(entryOf(order))).length;
  return findingsOf([
    [twice > 0, `${twice} orders in the log are a buyer's second`],
    [strange > 0, `${strange} orders in the database are not in the log, or elsewhere`],
    [broken > 0, `${broken} orders are not in the log where their buyers were told`],
  ]);
}

function faults({ buyers, recount }: Books): string[] {
  return [
    ...buyers.contradictions.map((text) => `a repeat was answered differently: ${text}`),
    ...recount.map((text) => `the engine's recount: ${text}`),
  ];
}

function findingsOf(checks: readonly (readonly [wrong: boolean, finding: string])[]): string[] {
  return checks.filter(([wrong]) => wrong).map(([, finding]) => finding);
}

function countLost(promised: readonly PlacedOrder[], rows: readonly PlacedOrder[]): number {
  const written = new Set(rows.map(({ id }) => id));
  return new Set(promised.map(({ id }) => id).filter((id) => !written.has(id))).size;
}

function buyersOf(orders: readonly PlacedOrder[]): Set<string> {
  return new Set(orders.map(({ buyer }) => buyer));
}

function entryOf({ partition, offset, id, buyer }: PlacedOrder): string {
  return JSON.stringify([partition, offset, id, buyer]);
}
