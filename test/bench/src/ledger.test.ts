import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";
import { MessageSet } from "./message-set.ts";

const sent = new MessageSet(3, 20);
const [first, second, third] = sent.bodies(0, 3) as [Uint8Array, Uint8Array, Uint8Array];

function ledgerOf(...delivered: (Uint8Array | null)[]): Ledger {
  const ledger = new Ledger(sent);
  for (const body of delivered) ledger.enter(body);
  return ledger;
}

test("all messages, in any order", () => {
  ledgerOf(second, first.slice(), Buffer.from(third)).close("x");
});

test("a message that is missing, comes twice, or is not as it was sent", () => {
  const changed = second.slice();
  changed[19]! ^= 1;
  expect(() => ledgerOf(first, third).close("x")).toThrow("1 are missing");
  expect(() => ledgerOf(first, second, third, third).close("x")).toThrow("1 came twice");
  for (const wrong of [changed, second.subarray(0, 19), new Uint8Array(20), null]) {
    expect(() => ledgerOf(first, wrong, third).close("x")).toThrow(
      "1 are missing, 0 came twice, 1 are not as sent",
    );
  }
});
