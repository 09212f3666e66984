import { expect, test } from "vitest";
import type { PlacedOrder } from "../orders/order.ts";
import { type Books, balanceBooks } from "./balance-books.ts";

const order = (offset: number, buyer = `buyer-${offset}`): PlacedOrder => ({
  id: `${buyer}-a`,
  buyer,
  partition: 0,
  offset,
});

/** Three units, five buyers; the third hung up, and has a unit all the same. */
function goodBooks(): Books {
  return {
    stock: 3,
    buyers: {
      requests: 7,
      acceptances: 3,
      refusals: 3,
      hungUp: 1,
      failed: 0,
      accepted: [order(0), order(1)],
      answered: new Set(["buyer-0", "buyer-1", "buyer-8", "buyer-9"]),
      contradictions: [],
    },
    log: [order(0), order(1), order(2)],
    admitted: 3,
    group: { lag: 0, deadLettered: 0 },
    recount: [],
    rows: [order(0), order(1), order(2)],
  };
}

test("good books have no findings", () => {
  expect(balanceBooks(goodBooks())).toEqual({
    eligible: 5,
    accepted: 2,
    sold: 3,
    oversold: 0,
    lost: 0,
    duplicates: 0,
    findings: [],
  });
});

test("more stock than buyers: everybody who got through has one", () => {
  const books = { ...goodBooks(), stock: 100 };
  expect(balanceBooks(books).findings).toEqual(["3 units were sold, where it should have been 5"]);
  const all = { ...books, buyers: { ...books.buyers, answered: new Set(["buyer-0", "buyer-1"]) } };
  expect(balanceBooks(all).findings).toEqual([]);
});

test("a sale without stock sells nothing", () => {
  const books = goodBooks();
  const empty = { ...books, stock: 0, log: [], rows: [], admitted: 0 };
  const buyers = { ...books.buyers, acceptances: 0, refusals: 6, accepted: [] };
  expect(balanceBooks({ ...empty, buyers })).toMatchObject({ sold: 0, oversold: 0, findings: [] });
});

interface Planted {
  what: string;
  plant: (books: Books) => Partial<Books>;
  finding: string;
  counts?: object;
}

const planted: Planted[] = [
  {
    what: "a unit sold beyond the stock",
    plant: ({ log, rows }) => ({ log: [...log, order(3)], rows: [...rows, order(3)], admitted: 4 }),
    finding: "1 orders are beyond the stock",
    counts: { oversold: 1 },
  },
  {
    what: "an accepted order that is not in the database",
    plant: ({ rows }) => ({ rows: rows.slice(1) }),
    finding: "1 orders are not in the database",
    counts: { lost: 1 },
  },
  {
    what: "an accepted order that is nowhere",
    plant: ({ log, rows }) => ({ log: log.slice(1), rows: rows.slice(1), admitted: 2 }),
    finding: "1 orders are not in the database",
    counts: { lost: 1 },
  },
  {
    what: "an order of nobody's that is lost behind the log",
    plant: ({ rows }) => ({ rows: rows.slice(0, 2) }),
    finding: "1 orders are not in the database",
    counts: { lost: 1 },
  },
  {
    what: "an order that was written twice",
    plant: ({ rows }) => ({ rows: [...rows, { ...order(0), offset: 7 }] }),
    finding: "1 orders in the database are a buyer's second",
    counts: { duplicates: 1 },
  },
  {
    what: "a buyer with two orders in the log",
    plant: ({ log }) => ({ log: [...log.slice(0, 2), { ...order(2, "buyer-1"), id: "buyer-1-b" }] }),
    finding: "1 orders in the log are a buyer's second",
  },
  {
    what: "a unit that was left over",
    plant: ({ log, rows, buyers }) => ({
      log: log.slice(0, 2),
      rows: rows.slice(0, 2),
      admitted: 2,
      buyers: { ...buyers },
    }),
    finding: "2 units were sold, where it should have been 3",
  },
  {
    what: "a gate that counted wrong",
    plant: () => ({ admitted: 4 }),
    finding: "the gate admitted 4, the log has 3",
  },
  {
    what: "a row that nobody ordered",
    plant: ({ rows }) => ({ rows: [...rows, order(9, "ghost")] }),
    finding: "1 orders in the database are not in the log, or elsewhere",
    counts: { oversold: 1 },
  },
  {
    what: "a row of another buyer's",
    plant: ({ rows }) => ({ rows: [{ ...order(0), buyer: "thief" }, ...rows.slice(1)] }),
    finding: "1 orders in the database are not in the log, or elsewhere",
  },
  {
    what: "a buyer who was told another place",
    plant: ({ buyers }) => ({ buyers: { ...buyers, accepted: [order(0), { ...order(1), offset: 5 }] } }),
    finding: "1 orders are not in the log where their buyers were told",
  },
  {
    what: "an order that nobody has acknowledged",
    plant: () => ({ group: { lag: 1, deadLettered: 0 } }),
    finding: "1 orders are not acknowledged",
  },
  {
    what: "a dead letter",
    plant: () => ({ group: { lag: 0, deadLettered: 1 } }),
    finding: "1 orders became dead letters",
  },
  {
    what: "a request without an answer",
    plant: ({ buyers }) => ({ buyers: { ...buyers, refusals: 2, failed: 1 } }),
    finding: "1 requests were not answered",
  },
  {
    what: "a request that came to nothing",
    plant: ({ buyers }) => ({ buyers: { ...buyers, requests: 8 } }),
    finding: "8 requests had 7 outcomes",
  },
  {
    what: "a repeat that was answered differently",
    plant: ({ buyers }) => ({ buyers: { ...buyers, contradictions: ["ada-a has the places 1 and 2"] } }),
    finding: "a repeat was answered differently: ada-a has the places 1 and 2",
  },
  {
    what: "a topic that does not add up",
    plant: () => ({ recount: ["partition 0: offset 1 stands twice in the log"] }),
    finding: "the engine's recount: partition 0: offset 1 stands twice in the log",
  },
];

test.each(planted)("$what is found", ({ plant, finding, counts = {} }) => {
  const good = goodBooks();
  const balance = balanceBooks({ ...good, ...plant(good) });
  expect(balance.findings).toContain(finding);
  expect(balance).toMatchObject(counts);
});
