import { manualClock, testNamespace } from "@tidegate/testkit";
import { Redis } from "ioredis";
import { Engine, type GroupSettings, type Lease } from "../../src/index.ts";

/** An engine under a clock of its own, and short words for what tests of lanes do. */
export function lanesBench(url: string) {
  const redis = new Redis(url);
  const namespace = testNamespace();
  const clock = manualClock();
  const open = () => new Engine({ redis, namespace, subscribe: false, now: clock.now });
  const engine = open();
  const topic = "t";
  const group = "g";
  return {
    redis,
    namespace,
    clock,
    engine,
    open,
    topic,
    group,
    async begin(partitions: number, settings: GroupSettings) {
      await engine.topics.put(topic, { partitions });
      await engine.groups.put(topic, group, settings);
    },
    /** Messages `<key>:<value>`; without a colon, no key. */
    async publish(texts: readonly string[], partition = 0) {
      const messages = texts.map((text) => {
        const [key, value] = text.includes(":") ? text.split(":") : [null, text];
        return { key: key ? Buffer.from(key) : null, value: Buffer.from(value!), partition };
      });
      await engine.append(topic, messages);
    },
    receive(maxMessages = 100) {
      return engine.groups.receive(topic, group, { maxMessages });
    },
    settle(lease: Lease, outcome: Parameters<Engine["groups"]["settle"]>[3] = { ack: "all" }) {
      return engine.groups.settle(topic, group, lease.id, outcome);
    },
    describe() {
      return engine.groups.describe(topic, group);
    },
    async close() {
      await engine.stop();
      await redis.quit();
    },
  };
}

export type LanesBench = ReturnType<typeof lanesBench>;

/** The messages of leases as `<key>:<value>`, in order. */
export function textsOf(leases: readonly Lease[]): string[] {
  return leases.flatMap(({ messages }) =>
    messages.map(({ key, value }) => {
      const text = Buffer.from(value!).toString();
      return key ? `${Buffer.from(key)}:${text}` : text;
    }),
  );
}
