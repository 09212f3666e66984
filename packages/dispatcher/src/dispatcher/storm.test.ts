import { eventually } from "@tidegate/testkit";
import { expect, test } from "vitest";
import { answers, type Behaviour, endpoint, type Heard, ok } from "../fixtures/endpoint.ts";
import { post, upTo } from "../fixtures/post.ts";

/** Numbers from 0 to 1 that a seed tells. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const maxDeliveries = 4;

const orderings = ["none", "key", "partition"] as const;
const seeds = process.env.TIDEGATE_PROPERTY_RUNS ? upTo(Number(process.env.TIDEGATE_PROPERTY_RUNS)) : upTo(6);

test.each(seeds.map((seed) => [seed, orderings[seed % 3]!, seed % 2 === 0 ? 1 : 5] as const))(
  "seed %i, ordering %s, batches of %i: each message ends once, whatever the endpoint does and whoever dispatches",
  async (seed, ordering, batchSize) => {
    const next = chance(seed);
    const messages = 120 * batchSize;
    const office = await post({ topic: { partitions: 3 } });
    /** Ids in the order in which they were taken. */
    const taken: string[] = [];
    const take: Behaviour = (heard, response) => {
      taken.push(...heard.body.messages.map(({ id }) => id));
      return ok(heard, response);
    };
    const takePart: Behaviour = (heard, response) => {
      const failed = heard.body.messages.filter(() => next() < 0.5).map(({ id }) => id);
      taken.push(...heard.body.messages.map(({ id }) => id).filter((id) => !failed.includes(id)));
      const batchItemFailures = failed.map((itemIdentifier) => ({ itemIdentifier }));
      return answers(200, {}, { batchItemFailures })(heard, response);
    };
    const misdeeds: Behaviour[] = [
      answers(500),
      answers(503),
      answers(400, { "tidegate-retry": "never" }),
      answers(307, { location: "http://127.0.0.1:1/" }),
      answers(200, { "content-type": "application/json" }, "{nonsense"),
      (_heard, response) => response.destroy(),
      () => {},
      takePart,
      takePart,
    ];
    const shop = await endpoint((heard, response) => {
      const behaviour = next() < 0.75 ? take : misdeeds[Math.floor(next() * misdeeds.length)]!;
      return behaviour(heard, response);
    });
    await office.group("billing", shop.url, {
      ordering,
      maxDeliveries,
      push: { url: shop.url, batchSize, timeoutMs: 250 },
    });
    await office.engine.append(
      office.topic,
      upTo(messages).map((n) => ({ key: Buffer.from(`k${n % 12}`), value: Buffer.from(String(n)) })),
    );
    let [one, other] = [office.dispatch(), office.dispatch()];
    for (let count = 30; count <= 120; count += 30) {
      await Promise.race([shop.requests(count), drained(office)]);
      await one.dispatcher.stop();
      [one, other] = [other, office.dispatch()];
    }
    await drained(office);
    const dead = (await office.deadLetters("billing")).map(
      ({ partition, originOffset }) => `${partition}-${originOffset}`,
    );
    expect(new Set([...taken, ...dead]).size).toBe(messages);
    for (const { body } of shop.heard)
      for (const { attempt } of body.messages) expect(attempt).toBeLessThanOrEqual(maxDeliveries);
    if (ordering !== "none" && batchSize === 1) expectOrder(shop.heard, taken);
    expect((await office.engine.audit(office.topic)).findings).toEqual([]);
  },
  120_000,
);

async function drained(office: Awaited<ReturnType<typeof post>>): Promise<void> {
  await eventually(
    "everything has ended",
    async () => {
      const { lag, inFlight, retrying } = await office.describe("billing");
      return lag + inFlight + retrying === 0;
    },
    100_000,
  );
}

/** What was taken of a key was taken in order. */
function expectOrder(heard: readonly Heard[], taken: readonly string[]): void {
  const keys = new Map(heard.flatMap(({ body }) => body.messages.map(({ id, key }) => [id, key!] as const)));
  const last = new Map<string, number>();
  for (const id of taken) {
    const [, offset] = id.split("-").map(Number);
    const key = keys.get(id)!;
    expect(offset, `key ${key}`).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, offset!);
  }
}
