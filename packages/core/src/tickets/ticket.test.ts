import fc from "fast-check";
import { expect, test } from "vitest";
import { Tickets } from "./ticket.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);

const plain = { topicId: "abcdefgh", gate: null };
const gated = { topicId: "abcdefgh", gate: { id: "sale-1" } };

test("a ticket opens to what it was made for", async () => {
  const tickets = await Tickets.under(secret);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
      fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/)),
      fc.integer({ min: 0, max: 1023 }),
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (topicId, gateId, partition, position, units) => {
        const origin = { topicId, gate: gateId === null ? null : { id: gateId } };
        const common = { topicId, partition, gateId, stockUnits: gateId === null ? 0 : units };
        expect(tickets.open(tickets.forOffset(origin, partition, position, units))).toEqual({
          ...common,
          offset: position,
          delayedId: null,
        });
        expect(tickets.open(tickets.forDelayed(origin, partition, position, units))).toEqual({
          ...common,
          offset: null,
          delayedId: position,
        });
      },
    ),
  );
});

test.each([plain, gated])("a ticket of $gate with any character changed does not open", async (origin) => {
  const tickets = await Tickets.under(secret);
  const ticket = tickets.forOffset(origin, 3, 77, 1);
  for (let at = 0; at < ticket.length; at++) {
    const changed = ticket.slice(0, at) + (ticket[at] === "A" ? "B" : "A") + ticket.slice(at + 1);
    expect(tickets.open(changed)).toBeNull();
    expect(tickets.open(ticket.slice(0, at))).toBeNull();
  }
});

test("a ticket of another deployment, and what is no ticket, does not open", async () => {
  const tickets = await Tickets.under(secret);
  const others = await Tickets.under(secret.map((byte) => byte ^ 1));
  expect(tickets.open(others.forOffset(plain, 3, 77, 1))).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => tickets.open(text) === null));
  fc.assert(fc.property(fc.base64String({ maxLength: 500 }), (text) => tickets.open(text) === null));
});

test("the format stays as it is", async () => {
  const tickets = await Tickets.under(secret);
  expect(tickets.forOffset(plain, 3, 77, 1)).toMatchInlineSnapshot(
    `"EAgDAE0AAAAAAAAAYWJjZGVmZ2iQAmMiAXpocGxwW1j2gKh6"`,
  );
  expect(tickets.forDelayed(plain, 1023, 2 ** 40 + 1, 1)).toMatchInlineSnapshot(
    `"EQj_AwEAAAAAAQAAYWJjZGVmZ2ii1HUUMxM9rcjnnyn-5Pvg"`,
  );
  expect(tickets.forOffset(gated, 3, 77, 2)).toMatchInlineSnapshot(
    `"EggDAE0AAAAAAAAAAgAAAGFiY2RlZmdoc2FsZS0xRFdfpyK1nX8HsQMP0k87Xw"`,
  );
});
