import { expect, test } from "vitest";
import { Receipts } from "./receipts.ts";

const order = { id: "ada-a", buyer: "ada" };
const at = (offset: number) => ({ kind: "accepted", partition: 0, offset, ms: 5 }) as const;
const soldOut = { kind: "refused", code: "SOLD_OUT", retryAfterMs: null } as const;

test("a repeat that is answered alike is one acceptance", () => {
  const receipts = new Receipts();
  receipts.note(order, at(3));
  receipts.note(order, at(3));
  receipts.noteHangUp();
  expect(receipts).toMatchObject({ requests: 3, hungUp: 1, failed: 0, contradictions: [] });
  expect([...receipts.accepted.values()]).toEqual([{ ...order, partition: 0, offset: 3 }]);
  expect(receipts.acceptMs).toEqual([5, 5]);
});

test.each([
  ["another place", [at(3), at(4)]],
  ["a refusal after an acceptance", [at(3), soldOut]],
  ["an acceptance after a refusal", [soldOut, at(3)]],
])("a repeat that is answered with %s is a contradiction", (_, answers) => {
  const receipts = new Receipts();
  for (const answer of answers) receipts.note(order, answer);
  expect(receipts.contradictions).toHaveLength(1);
});

test("being asked to come back is no refusal for good", () => {
  const receipts = new Receipts();
  receipts.note(order, { kind: "refused", code: "OVERLOADED", retryAfterMs: 100 });
  receipts.note(order, at(0));
  expect(receipts.contradictions).toEqual([]);
  expect(receipts.refused).toEqual(new Map([["OVERLOADED", 1]]));
});

test("who got no answer at all is not among the answered", () => {
  const receipts = new Receipts();
  receipts.note(order, { kind: "failed", reason: "socket hang up" });
  expect(receipts.failed).toBe(1);
  expect(receipts.answered.size).toBe(0);
});
