import fc from "fast-check";
import { expect, test } from "vitest";
import { Tickets } from "./ticket.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);

test("a ticket opens to what it was made for", async () => {
  const tickets = await Tickets.under(secret);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
      fc.integer({ min: 0, max: 1023 }),
      fc.maxSafeNat(),
      (topicId, partition, position) => {
        expect(tickets.open(tickets.forOffset(topicId, partition, position))).toEqual({
          topicId,
          partition,
          offset: position,
          delayedId: null,
        });
        expect(tickets.open(tickets.forDelayed(topicId, partition, position))).toEqual({
          topicId,
          partition,
          offset: null,
          delayedId: position,
        });
      },
    ),
  );
});

test("a ticket with any character changed does not open", async () => {
  const tickets = await Tickets.under(secret);
  const ticket = tickets.forOffset("abcdefgh", 3, 77);
  for (let at = 0; at < ticket.length; at++) {
    const changed = ticket.slice(0, at) + (ticket[at] === "A" ? "B" : "A") + ticket.slice(at + 1);
    expect(tickets.open(changed)).toBeNull();
  }
});

test("a ticket of another deployment, and what is no ticket, does not open", async () => {
  const tickets = await Tickets.under(secret);
  const others = await Tickets.under(secret.map((byte) => byte ^ 1));
  expect(tickets.open(others.forOffset("abcdefgh", 3, 77))).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => tickets.open(text) === null));
  fc.assert(fc.property(fc.base64String(), (text) => tickets.open(text) === null));
});

test("the format stays as it is", async () => {
  const tickets = await Tickets.under(secret);
  expect(tickets.forOffset("abcdefgh", 3, 77)).toMatchInlineSnapshot(
    `"EAgDAE0AAAAAAAAAYWJjZGVmZ2iQAmMiAXpocGxwW1j2gKh6"`,
  );
  expect(tickets.forDelayed("abcdefgh", 1023, 2 ** 40 + 1)).toMatchInlineSnapshot(
    `"EQj_AwEAAAAAAQAAYWJjZGVmZ2ii1HUUMxM9rcjnnyn-5Pvg"`,
  );
});
