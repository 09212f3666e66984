import { Engine } from "@tidegate/core";
import { startRedis, type TestRedis } from "@tidegate/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { check } from "./check/check.ts";
import { Tale } from "./check/tale.ts";
import { readFinalState } from "./read-final-state.ts";

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/** Topics as an episode leaves them, with messages that wait, are leased and were given up. */
async function leaveTopics(namespace: string): Promise<Engine> {
  const engine = new Engine({ redis: server.client(), namespace, subscribe: false });
  onTestFinished(() => engine.stop());
  for (const [topic, ordering] of [
    ["ranges", "none"],
    ["lanes", "key"],
  ] as const) {
    await engine.topics.put(topic, { partitions: 1 });
    await engine.groups.put(topic, "g", { ordering });
    const message = (number: number) => ({
      key: Buffer.from(`k${number}`),
      value: Buffer.from(`m${number} `),
    });
    await engine.append(topic, [1, 2, 3, 4].map(message));
    const { leases } = await engine.groups.receive(topic, "g", { maxMessages: 1 });
    const deadLetter = leases[0]!.messages.map(({ offset }) => ({ offset }));
    await engine.groups.settle(topic, "g", leases[0]!.id, { ack: [], deadLetter });
    await engine.groups.receive(topic, "g", { maxMessages: 1 });
  }
  return engine;
}

async function audited(engine: Engine): Promise<string[]> {
  const { findings } = check(new Tale().history, await readFinalState(engine));
  return findings.filter(({ anomaly }) => anomaly === "audit").map(({ detail }) => detail);
}

test("the end of an episode recounts every topic, and a fault in Redis is a finding of the run", async () => {
  const engine = await leaveTopics("planted");
  expect(await audited(engine)).toEqual([]);
  const redis = server.client();
  const waiting = "{planted:lanes:g:g}:queue";
  const [member] = (await redis.zrangeBuffer(waiting, 0, "0")) as Buffer[];
  await redis.zrem(waiting, member!);
  await redis.hincrby("{planted:ranges:0}:0:group:g:state", "acked", 1);
  const found = await audited(engine);
  expect(found).toContainEqual(
    expect.stringMatching(/^lanes: group g: .* offset \d has not ended and is nowhere$/),
  );
  expect(found).toContainEqual(
    "ranges: partition 0: group g: 2 messages were passed, 2 ended and 1 are held",
  );
});
