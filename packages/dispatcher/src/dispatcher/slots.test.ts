import fc from "fast-check";
import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

/** A call that ends when it is told to. */
class Calls {
  readonly #ends: (() => void)[] = [];
  begun = 0;

  begin(slots: Slots, group: string): Promise<void> {
    return (slots.enter(group) ?? Promise.resolve()).then(async () => {
      this.begun += 1;
      await new Promise<void>((end) => this.#ends.push(end));
      slots.leave(group);
    });
  }

  end(): void {
    this.#ends.shift()?.();
  }
}

const turn = () => new Promise(setImmediate);

test("a group alone gets all slots, and no more", async () => {
  const slots = new Slots(10);
  slots.add("a");
  const calls = new Calls();
  for (let count = 0; count < 15; count++) void calls.begin(slots, "a");
  await turn();
  expect(calls.begun).toBe(10);
  calls.end();
  await turn();
  expect(calls.begun).toBe(11);
});

test("what a slow group has taken leaves each other group its share", async () => {
  const slots = new Slots(12);
  const names = ["slow", "a", "b"];
  for (const name of names) slots.add(name);
  const slow = new Calls();
  for (let count = 0; count < 50; count++) void slow.begin(slots, "slow");
  await turn();
  // Two are kept for each of the others.
  expect(slow.begun).toBe(8);
  const others = new Calls();
  for (const name of ["a", "a", "b", "b"]) void others.begin(slots, name);
  await turn();
  expect(others.begun).toBe(4);
  for (const name of ["a", "b"]) void others.begin(slots, name);
  await turn();
  expect(others.begun).toBe(4);
  others.end();
  await turn();
  expect(others.begun).toBe(5);
});

test("a group that leaves takes nothing with it", async () => {
  const slots = new Slots(4);
  slots.add("a");
  slots.add("b");
  const calls = new Calls();
  for (let count = 0; count < 6; count++) void calls.begin(slots, "a");
  await turn();
  slots.remove("a");
  await turn();
  // Those that waited go on: their group has to release them.
  expect(calls.begun).toBe(6);
  const others = new Calls();
  for (let count = 0; count < 4; count++) void others.begin(slots, "b");
  await turn();
  expect(others.begun).toBe(4);
  for (let count = 0; count < 6; count++) calls.end();
  await turn();
  void others.begin(slots, "b");
  await turn();
  expect(others.begun).toBe(4);
});

test("whatever happens, each group can use its share, and nobody waits while he may go", async () => {
  const step = fc.record({ group: fc.integer({ min: 0, max: 3 }), ends: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 4, max: 20 }),
      fc.array(step, { maxLength: 80 }),
      async (total, steps) => {
        const slots = new Slots(total);
        const groups = [0, 1, 2, 3].map((name) => ({
          name: `g${name}`,
          calls: new Calls(),
          asked: 0,
          ended: 0,
        }));
        for (const { name } of groups) slots.add(name);
        const share = Math.max(1, Math.floor(total / 2 / 4));
        for (const { group, ends } of steps) {
          const chosen = groups[group]!;
          if (ends && chosen.calls.begun > chosen.ended) {
            chosen.ended += 1;
            chosen.calls.end();
          } else {
            chosen.asked += 1;
            void chosen.calls.begin(slots, chosen.name);
          }
          await turn();
          const active = groups.map(({ calls, ended }) => calls.begun - ended);
          const all = active.reduce((sum, one) => sum + one, 0);
          expect(all).toBeLessThanOrEqual(total);
          for (const [index, { asked, calls }] of groups.entries())
            if (active[index]! < share) expect(calls.begun).toBe(asked);
        }
      },
    ),
    { numRuns: 100 },
  );
});
