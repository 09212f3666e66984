import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine, type RedisConnection } from "../src/index.ts";

/** A connection on which the answer to the next script is lost once `armed`, and something happens before it is asked again. */
function losingAnAnswer(redis: Redis, meanwhile: () => Promise<unknown>) {
  const state = { armed: false };
  const connection: RedisConnection = {
    async callBuffer(command, ...args) {
      const reply = await redis.callBuffer(command, ...args);
      if (!state.armed || command !== "EVALSHA") return reply;
      state.armed = false;
      await meanwhile();
      throw new Error("Connection is closed.");
    },
    duplicate: () => redis.duplicate(),
    subscribe: (...channels) => redis.subscribe(...channels),
    unsubscribe: (...channels) => redis.unsubscribe(...channels),
    on: (event, listener) => redis.on(event, listener),
    off: (event, listener) => redis.off(event, listener),
    disconnect: () => {},
  };
  return { connection, state };
}

test("an append whose answer was lost before the topic grew is in the log once", async () => {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const namespace = testNamespace();
  const operator = new Engine({ redis, namespace });
  await operator.topics.put("t", { partitions: 1 });
  const { connection, state } = losingAnAnswer(redis, () => operator.topics.put("t", { partitions: 7 }));
  const engine = new Engine({ redis: connection, namespace });
  // The key has another partition after the growth; and the script is known.
  const message = (value: string) => ({ key: Buffer.from("k"), value: Buffer.from(value) });
  await engine.append("t", [message("first")]);
  state.armed = true;
  const { outcomes } = await engine.append("t", [message("second")]);
  expect(outcomes).toEqual([{ status: "appended", partition: 0, offset: 1, duplicate: false }]);
  const ends = (await operator.topics.describe("t")).partitionStates.map(({ end }) => end);
  expect(ends).toEqual([2, 0, 0, 0, 0, 0, 0]);
});
