import { testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, inject, test } from "vitest";
import { GroupStory, type Step } from "./group-story.ts";
import { propertyOptions } from "./property-options.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const fates = fc.array(fc.nat(4), { minLength: 1, maxLength: 8 });
const ofLease = { pick: fc.nat(20), fates, default: fc.boolean() };
const constant = <T extends string>(name: T) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: constant("append"),
      count: fc.integer({ min: 1, max: 12 }),
      partition: fc.nat(2),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: constant("acquire"), max: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 5, arbitrary: fc.record({ do: constant("settle"), ...ofLease }) },
  { weight: 2, arbitrary: fc.record({ do: constant("extend"), ...ofLease }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: constant("pass"), ms: fc.constantFrom(50, 200, 400, 999, 1000, 1500) }),
  },
  { weight: 1, arbitrary: fc.record({ do: constant("seek"), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: constant("redrive") }) },
  { weight: 1, arbitrary: fc.record({ do: constant("grow") }) },
);

test.concurrent.each([
  ["none", false],
  ["partition", true],
])(
  "random sequences keep a group with ordering %s as the model has it",
  async (_, ordered) => {
    const namespace = testNamespace();
    let stories = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        stories += 1;
        const story = new GroupStory({ redis, namespace }, `t${stories}`, ordered);
        await story.begin();
        for (const next of steps) await story.take(next);
        await story.end();
      }),
      propertyOptions(0.45 / 2),
    );
  },
  600_000,
);
