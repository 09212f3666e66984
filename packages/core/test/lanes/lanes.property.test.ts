import { testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, inject, test } from "vitest";
import { propertyOptions } from "../property-options.ts";
import { type LanesStep, LanesStory, modes } from "./lanes-story.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const constant = <T extends string>(name: T) => fc.constant(name);
const crashAfter = fc.option(fc.nat(12), { freq: 3 });
const ofLease = {
  pick: fc.nat(20),
  fates: fc.array(fc.nat(4), { minLength: 1, maxLength: 8 }),
  default: fc.boolean(),
  crashAfter,
};
const steps = (changes: number): fc.Arbitrary<LanesStep[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: constant("append"),
          keys: fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
          partition: fc.nat(1),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ do: constant("take"), max: fc.integer({ min: 1, max: 9 }), crashAfter }),
      },
      { weight: 5, arbitrary: fc.record({ do: constant("settle"), ...ofLease }) },
      { weight: 1, arbitrary: fc.record({ do: constant("extend"), ...ofLease }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: constant("pass"), ms: fc.constantFrom(50, 200, 400, 999, 1000, 1500) }),
      },
      { weight: 1, arbitrary: fc.record({ do: constant("seek"), share: fc.nat(100), crashAfter }) },
      { weight: 1, arbitrary: fc.record({ do: constant("redrive"), crashAfter }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: constant("hold"),
          key: fc.integer({ min: 1, max: 3 }),
          ms: fc.constantFrom(0, 500, 2000),
        }),
      },
      {
        weight: changes,
        arbitrary: fc.record({ do: constant("change"), mode: fc.nat(modes.length - 1), crashAfter }),
      },
    ),
    { minLength: 5, maxLength: 40 },
  );

test.concurrent.each([
  ["in one mode", 0],
  ["that change their mode", 1],
])(
  "random sequences keep groups %s as the model has them, whenever a process dies",
  async (_, changes) => {
    const namespace = testNamespace();
    let stories = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: modes.length - 1 }), steps(changes), async (mode, list) => {
        stories += 1;
        const story = new LanesStory(redis, namespace, `t${stories}`, mode);
        await story.begin();
        for (const step of list) await story.take(step);
        await story.end();
      }),
      propertyOptions(0.2 / 2),
    );
  },
  600_000,
);
