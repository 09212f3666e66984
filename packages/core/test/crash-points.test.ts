import { testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Engine } from "../src/index.ts";
import { dyingConnection } from "./dying-connection.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => redis.quit());

/** What happens before, what is interrupted, and what must hold once somebody has done it again. */
interface Case {
  readonly before?: (engine: Engine) => Promise<void>;
  readonly operation: (engine: Engine) => Promise<unknown>;
  readonly after: (engine: Engine, namespace: string) => Promise<void>;
}

const text = (value: string) => ({ value: Buffer.from(value) });

async function createWithMessages(engine: Engine): Promise<void> {
  await engine.topics.put("t", { partitions: 2 });
  await engine.groups.put("t", "g", { maxDeliveries: 1 });
  for (const partition of [0, 1]) {
    await engine.append(
      "t",
      ["a", "b", "c"].map((value) => ({ ...text(value), partition })),
    );
  }
}

async function ends(engine: Engine): Promise<number[]> {
  const { partitionStates } = await engine.topics.describe("t");
  return partitionStates.map(({ end }) => end);
}

const cases: Record<string, Case> = {
  "a topic is created": {
    operation: (engine) => engine.topics.put("t", { partitions: 3 }),
    after: async (engine) => {
      expect((await engine.topics.put("t", { partitions: 3 })).created).toBe(false);
      expect(await ends(engine)).toEqual([0, 0, 0]);
    },
  },
  "a topic grows": {
    before: createWithMessages,
    operation: (engine) => engine.topics.put("t", { partitions: 4 }),
    after: async (engine) => {
      expect(await ends(engine)).toEqual([3, 3, 0, 0]);
      await engine.append("t", [{ ...text("new"), partition: 3 }]);
      const { partitions } = await engine.groups.describe("t", "g");
      expect(partitions.map(({ next, lag }) => [next, lag])).toEqual([
        [0, 3],
        [0, 3],
        [0, 0],
        [0, 1],
      ]);
    },
  },
  "a topic is deleted": {
    before: createWithMessages,
    operation: async (engine) => {
      await engine.topics.delete("t").catch((error) => {
        if (error.code !== "TOPIC_NOT_FOUND") throw error;
      });
    },
    after: async (_, namespace) => {
      expect(await redis.keys(`{${namespace}:*`)).toEqual([]);
    },
  },
  "a group is created": {
    before: async (engine) => {
      await engine.topics.put("t", { partitions: 3 });
      await engine.append("t", [{ ...text("old"), partition: 1 }]);
    },
    operation: (engine) => engine.groups.put("t", "g", { start: "latest" }),
    after: async (engine) => {
      await engine.append("t", [{ ...text("new"), partition: 1 }]);
      const { leases } = await engine.groups.receive("t", "g", {});
      expect(leases.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual([1]);
      await engine.groups.settle("t", "g", leases[0]!.id, { ack: "all" });
    },
  },
  "a group is deleted": {
    before: createWithMessages,
    operation: async (engine) => {
      await engine.groups.delete("t", "g").catch((error) => {
        if (error.code !== "GROUP_NOT_FOUND") throw error;
      });
    },
    after: async (engine, namespace) => {
      expect(await engine.groups.list("t")).toEqual([]);
      expect(await redis.keys(`{${namespace}:*group:g*`)).toEqual([]);
      expect(await ends(engine)).toEqual([3, 3]);
    },
  },
  "a lease is settled and its failures are buried": {
    before: async (engine) => {
      await createWithMessages(engine);
      await engine.groups.acquire("t", "g", 0, { leaseId: "0.aaaaaaaa", maxMessages: 3 });
    },
    operation: (engine) => engine.groups.settle("t", "g", "0.aaaaaaaa", { ack: [1] }),
    after: async (engine) => {
      await engine.groups.receive("t", "g", {});
      const described = await engine.groups.describe("t", "g");
      expect([described.partitions[0]!.acked, described.deadLettered]).toEqual([1, 2]);
      const { messages } = await engine.groups.deadLetters("t", "g");
      expect(messages.map(({ originOffset }) => originOffset)).toEqual([0, 2]);
    },
  },
  "dead letters are redriven": {
    before: async (engine) => {
      await createWithMessages(engine);
      for (const partition of [0, 1]) {
        await engine.groups.acquire("t", "g", partition, {
          leaseId: `${partition}.aaaaaaaa`,
          maxMessages: 3,
        });
        await engine.groups.settle("t", "g", `${partition}.aaaaaaaa`, {});
      }
    },
    operation: (engine) => engine.groups.redrive("t", "g", { all: true }),
    after: async (engine) => {
      const { leases } = await engine.groups.receive("t", "g", {});
      expect(leases.flatMap(({ messages }) => messages).length).toBe(6);
      expect((await engine.groups.deadLetters("t", "g")).messages).toEqual([]);
    },
  },
  "a group seeks": {
    before: async (engine) => {
      await createWithMessages(engine);
      await engine.groups.receive("t", "g", {});
    },
    operation: (engine) => engine.groups.seek("t", "g", { offsets: { "0": 1, "1": 2 } }),
    after: async (engine) => {
      const { partitions } = await engine.groups.describe("t", "g");
      expect(partitions.map(({ next, inFlight }) => [next, inFlight])).toEqual([
        [1, 0],
        [2, 0],
      ]);
    },
  },
};

test.concurrent.for(Object.entries(cases))(
  "a process may die between any two calls while %s",
  async ([, story], { expect }) => {
    for (let calls = 0; ; calls += 1) {
      const namespace = testNamespace();
      const healthy = () => new Engine({ redis, namespace, subscribe: false });
      await story.before?.(healthy());
      const connection = dyingConnection(redis, calls);
      const doomed = new Engine({ redis: connection, namespace, subscribe: false });
      const outcome = await story.operation(doomed).then(
        () => "done",
        () => "died",
      );
      const successor = healthy();
      await story.operation(successor);
      await story.after(successor, namespace);
      for (const topic of await successor.topics.list()) {
        expect((await successor.audit(topic.name)).findings).toEqual([]);
      }
      if (!connection.died) {
        expect(outcome).toBe("done");
        expect(calls).toBeGreaterThan(1);
        return;
      }
    }
  },
);
