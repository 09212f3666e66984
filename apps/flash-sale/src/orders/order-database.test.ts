import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OrderDatabase } from "./order-database.ts";

function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-orders-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "orders.sqlite");
}

const ada = { id: "ada-1", buyer: "ada", partition: 0, offset: 0 };
const ben = { id: "ben-1", buyer: "ben", partition: 0, offset: 1 };

test("an order that is delivered again is written once", () => {
  const database = new OrderDatabase(databaseFile());
  expect(database.write([ada], 1_000.5)).toBe(1);
  expect(database.write([ada, ben], 2_000)).toBe(1);
  expect(database.count()).toBe(2);
  expect(database.rows()).toEqual([
    { ...ada, writtenAt: 1_000.5 },
    { ...ben, writtenAt: 2_000 },
  ]);
  database.close();
});

test("a second order of a buyer is not hidden", () => {
  const database = new OrderDatabase(databaseFile());
  database.write([ada, { ...ada, id: "ada-2", offset: 7 }], 1);
  expect(database.count()).toBe(2);
  database.close();
});

test("what was written is there for the next process", () => {
  const file = databaseFile();
  const first = new OrderDatabase(file);
  first.write([ada], 1);
  first.close();
  const second = new OrderDatabase(file);
  expect(second.count()).toBe(1);
  second.close();
});
