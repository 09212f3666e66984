import { manualClock, testNamespace } from "@tidegate/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine, type Lease } from "../src/index.ts";
import { propertyOptions } from "./property-options.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

const step = fc.oneof(
  fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constant("receive" as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    ...{ do: fc.constant("settle" as const), lease: fc.nat(20) },
    fates: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 8, maxLength: 8 }),
  }),
  fc.record({ do: fc.constant("extend" as const), lease: fc.nat(20), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

/** What is known of each offset: what it may be told as. */
type Truth = Map<number, readonly string[]>;

const waiting = ["waiting"];
const processing = ["processing"];
const ended = ["ended"];
/** Given back: behind the cursor again where nothing was handed out behind it. */
const released = ["waiting", "processing"];

async function settleLease(
  engine: Engine,
  lease: Lease,
  fates: readonly number[],
  ordered: boolean,
  truth: Truth,
): Promise<boolean> {
  const outcome = { ack: [], retry: [], release: [], deadLetter: [] } as {
    ack: number[];
    retry: { offset: number; delayMs: number }[];
    release: number[];
    deadLetter: { offset: number }[];
  };
  const after: [number, readonly string[]][] = [];
  let blocked = false;
  for (const [index, { offset }] of lease.messages.entries()) {
    // Acknowledged early.
    if (truth.get(offset) === ended) continue;
    const fate = fates[index % fates.length]!;
    if (fate === 0) outcome.retry.push({ offset, delayMs: 5_000 });
    else if (fate === 1) outcome.release.push(offset);
    else if (fate === 2) outcome.deadLetter.push({ offset });
    else outcome.ack.push(offset);
    if (blocked) after.push([offset, released]);
    else after.push([offset, fate === 0 ? processing : fate === 1 ? released : ended]);
    // In order, what stands behind the first that is not done goes back.
    if (ordered && fate < 2) blocked = true;
  }
  try {
    await engine.groups.settle("t", "g", lease.id, outcome);
    for (const [offset, states] of after) truth.set(offset, states);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "LEASE_LOST" });
    return false;
  }
}

test.each(["none", "partition", "key"] as const)(
  "whatever happens to them, messages are told as what they are: ordering %s",
  async (ordering) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const clock = manualClock();
        const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false, now: clock.now });
        await engine.topics.put("t", { partitions: 1 });
        await engine.groups.put("t", "g", { ordering, maxDeliveries: 1000, leaseMs: 10_000 });
        const truth: Truth = new Map();
        const leases: Lease[] = [];
        for (const each of steps) {
          if (each.do === "append") {
            const from = truth.size;
            // One key, so that order by key is that of the partition.
            const messages = Array.from({ length: each.count }, () => ({
              ...{ key: Buffer.from("k"), value: null },
            }));
            await engine.append("t", messages);
            for (let offset = from; offset < from + each.count; offset += 1) truth.set(offset, waiting);
          } else if (each.do === "receive") {
            const { leases: taken } = await engine.groups.receive("t", "g", { maxMessages: each.count });
            for (const lease of taken) {
              leases.push(lease);
              for (const { offset } of lease.messages) truth.set(offset, processing);
            }
          } else if (each.do === "settle") {
            const lease = leases[each.lease];
            // Settled again, it would be given its first answer.
            if (lease && (await settleLease(engine, lease, each.fates, ordering !== "none", truth)))
              leases.splice(each.lease, 1);
          } else if (each.do === "extend") {
            const lease = leases[each.lease];
            const ack = lease?.messages.slice(0, each.count).map(({ offset }) => offset) ?? [];
            if (lease === undefined || ack.length === lease.messages.length) continue;
            try {
              await engine.groups.extend("t", "g", lease.id, { ack });
              for (const offset of ack) truth.set(offset, ended);
            } catch (error) {
              expect(["LEASE_LOST", "INVALID"]).toContain((error as { code: string }).code);
            }
          } else clock.advance(each.ms);
          const offsets = [...truth.keys()];
          const { states, next, committed } = await engine.groups.standing("t", "g", 0, offsets);
          for (const [index, offset] of offsets.entries()) {
            const told = states[index]!;
            const may = truth.get(offset)!;
            expect(may, `${offset} after ${JSON.stringify(each)}`).toContain(told);
            if (offset >= next) expect(told).toBe("waiting");
            if (offset < committed) expect(told).toBe("ended");
          }
        }
        await engine.topics.delete("t");
        await engine.stop();
      }),
      propertyOptions(0.02),
    );
  },
  600_000,
);
