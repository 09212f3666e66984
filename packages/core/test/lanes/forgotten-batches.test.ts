import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { Engine, type RedisConnection } from "../../src/index.ts";
import { parkMessages, visitPartition } from "../../src/redis/scripts.gen.ts";

/** A connection that seems to end before a read of the log, once it is told to; and the scripts that it ran. */
function endingConnection(redis: Redis): RedisConnection & { endsAtNextRead: boolean; ran: string[] } {
  const listeners: (() => void)[] = [];
  const connection = {
    endsAtNextRead: false,
    ran: [] as string[],
    callBuffer(command: string, ...args: (string | Buffer | number)[]) {
      if (command === "EVALSHA") connection.ran.push(String(args[0]));
      if (command === "XRANGE" && connection.endsAtNextRead) {
        connection.endsAtNextRead = false;
        for (const listener of listeners) listener();
      }
      return redis.callBuffer(command, ...args);
    },
    duplicate: () => redis.duplicate() as unknown as RedisConnection,
    subscribe: () => Promise.reject(new Error("nobody subscribes here")),
    unsubscribe: () => Promise.resolve(),
    on: (event: string, listener: () => void) => {
      if (event === "close") listeners.push(listener);
    },
    off: () => {},
    disconnect: () => {},
  };
  return connection as unknown as ReturnType<typeof endingConnection>;
}

/**
 * A lease has one message that was read before and one that was not; while that is read the connection ends, and what was
 * read before is forgotten. Left out of the lease, the first would be acknowledged with all of it, and nobody would have had it.
 */
test("a lease is read whole, though what was kept of it is forgotten in the middle", async () => {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const namespace = testNamespace();
  const connection = endingConnection(redis);
  const engine = new Engine({ redis: connection, namespace, subscribe: false });
  const other = new Engine({ redis, namespace, subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { concurrency: 100 });
  const releaseAll = async (by: Engine) => {
    for (const { id, messages } of (await by.groups.receive("t", "g")).leases)
      await by.groups.settle("t", "g", id, { release: messages.map(({ offset }) => offset) });
  };
  await engine.append("t", [{ value: Buffer.from("first") }]);
  await releaseAll(engine);
  await other.append("t", [{ value: Buffer.from("second") }]);
  await releaseAll(other);
  connection.endsAtNextRead = true;
  const { leases } = await engine.groups.receive("t", "g");
  expect(connection.endsAtNextRead).toBe(false);
  expect(leases.map(({ messages }) => messages.map(({ value }) => Buffer.from(value!).toString()))).toEqual([
    ["first", "second"],
  ]);
});

test("what was read before a connection ended is not filed after it: the log may have lost it", async () => {
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const connection = endingConnection(redis);
  const engine = new Engine({ redis: connection, namespace: testNamespace(), subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g", { ordering: "key" });
  await engine.append("t", [{ key: Buffer.from("k"), value: Buffer.from("first") }]);
  connection.ran.length = 0;
  connection.endsAtNextRead = true;
  const { leases } = await engine.groups.receive("t", "g");
  expect(leases.map(({ messages }) => messages.map(({ offset }) => offset))).toEqual([[0]]);
  const filing = connection.ran.filter((sha) => sha === visitPartition.sha || sha === parkMessages.sha);
  expect(filing.slice(0, 3)).toEqual([visitPartition.sha, visitPartition.sha, parkMessages.sha]);
});
