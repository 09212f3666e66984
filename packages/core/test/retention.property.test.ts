import { testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, inject, test } from "vitest";
import { propertyOptions } from "./property-options.ts";
import { RetentionStory, type Step } from "./retention-story.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const constant = <T extends string>(name: T) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: constant("append"), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 5, arbitrary: fc.record({ do: constant("receive"), max: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: constant("settle"),
      pick: fc.nat(5),
      fates: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: constant("pass"), ms: fc.constantFrom(100, 500, 1000, 6000, 25_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: constant("housekeep") }) },
);

test.concurrent.each([
  ["log", "none"],
  ["log", "partition"],
  ["queue", "none"],
  ["queue", "partition"],
] as const)(
  "retention with policy %s and ordering %s loses nothing unaccounted",
  async (policy, ordering) => {
    const namespace = testNamespace();
    let stories = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        stories += 1;
        const told = { redis, namespace };
        const story = new RetentionStory(told, `t${stories}`, policy, ordering === "partition");
        await story.begin();
        for (const next of steps) await story.take(next);
        await story.end();
      }),
      propertyOptions(0.35 / 4),
    );
  },
  600_000,
);
