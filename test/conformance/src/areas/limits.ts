import { limits } from "@tidegate/contracts";
import { expect } from "vitest";
import { expectRefusal, expectRefusedSomehow, type Refusal } from "../refusal.ts";
import type { Area } from "../story.ts";
import type { GroupSettings, OutgoingMessage, ReceiveOptions, TopicSettings } from "../system.ts";
import { bytes, messagesOf } from "../text.ts";

/** A value that the types forbid, as an untyped caller sends it. */
const wrong = <T>(value: unknown) => value as T;

const invalid = (field: string, limit?: number | string): Refusal => ({
  code: "INVALID",
  field,
  ...(limit !== undefined && { limit }),
});

const topicSettings: readonly [TopicSettings, Refusal][] = [
  [{ partitions: 0 }, invalid("partitions", 1)],
  [{ partitions: limits.partitions + 1 }, invalid("partitions", limits.partitions)],
  [{ partitions: -1 }, invalid("partitions", 1)],
  [{ partitions: 1.5 }, invalid("partitions")],
  [{ partitions: Number.NaN }, invalid("partitions")],
  [{ partitions: 1e300 }, invalid("partitions")],
  [wrong({ partitions: "4" }), invalid("partitions")],
  [wrong({ placement: "near" }), invalid("placement", "spread, together")],
  [wrong({ compression: "zip" }), invalid("compression", "none, gzip")],
  [{ maxMessageBytes: 0 }, invalid("maxMessageBytes", 1)],
  [{ maxMessageBytes: limits.valueBytes + 1 }, invalid("maxMessageBytes", limits.valueBytes)],
  [{ retention: { ms: 0 } }, invalid("retention.ms", 1)],
  [{ retention: { bytes: -1 } }, invalid("retention.bytes", 1)],
  [{ retention: { idleMs: 0 } }, invalid("retention.idleMs", 1)],
  [wrong({ retention: { policy: "fifo" } }), invalid("retention.policy", "log, queue")],
  [{ gate: { id: "" } }, invalid("gate.id")],
  [{ gate: { id: "g".repeat(101) } }, invalid("gate.id", limits.gateIdLength)],
  [{ gate: { id: "{g}" } }, invalid("gate.id")],
  [{ gate: { id: "g", stock: -1 } }, invalid("gate.stock", 0)],
  [{ gate: { id: "g", stock: 0.5, capacity: 1 } }, invalid("gate.stock")],
  [{ gate: { id: "g", capacity: -1 } }, invalid("gate.capacity", 0)],
  [{ gate: { id: "g", perKey: { limit: 0, windowMs: null } } }, invalid("gate.perKey.limit", 1)],
  [
    { gate: { id: "g", perKey: { limit: 1001, windowMs: null } } },
    invalid("gate.perKey.limit", limits.gatePerKey),
  ],
  [{ gate: { id: "g", perKey: { limit: 1, windowMs: 0 } } }, invalid("gate.perKey.windowMs", 1)],
];

const groupSettings: readonly [GroupSettings, Refusal][] = [
  [{ leaseMs: limits.leaseMsMin - 1 }, invalid("leaseMs", limits.leaseMsMin)],
  [{ leaseMs: limits.leaseMs + 1 }, invalid("leaseMs", limits.leaseMs)],
  [{ leaseMs: Number.NaN }, invalid("leaseMs")],
  [{ maxDeliveries: 0 }, invalid("maxDeliveries", 1)],
  [{ maxDeliveries: limits.maxDeliveries + 1 }, invalid("maxDeliveries", limits.maxDeliveries)],
  [{ backoff: { initialMs: -1 } }, invalid("backoff.initialMs")],
  [{ backoff: { maxMs: limits.backoffMs + 1 } }, invalid("backoff.maxMs", limits.backoffMs)],
  [{ backoff: { factor: 0.5 } }, invalid("backoff.factor", 1)],
  [wrong({ start: "middle" }), invalid("start", "earliest, latest")],
  [wrong({ ordering: "sorted" }), invalid("ordering", "none, partition, key")],
  [{ rate: { limit: 0, intervalMs: 1 } }, invalid("rate.limit", 1)],
  [
    { rate: { limit: 1, intervalMs: limits.rateIntervalMs + 1 } },
    invalid("rate.intervalMs", limits.rateIntervalMs),
  ],
  [{ rate: { limit: 1, intervalMs: 1, burst: 0 } }, invalid("rate.burst", 1)],
  [{ concurrency: limits.concurrency + 1 }, invalid("concurrency", limits.concurrency)],
  [wrong({ perKey: {} }), invalid("perKey")],
  [{ perKey: { concurrency: 0 } }, invalid("perKey.concurrency", 1)],
  [{ perKey: { rate: { limit: 0, intervalMs: 1 } } }, invalid("perKey.rate.limit", 1)],
  [{ perKey: { header: "" } }, invalid("perKey.header", 1)],
  [{ ordering: "key", perKey: { header: "tenant" } }, invalid("perKey.header", "key")],
  [{ ordering: "partition", perKey: { concurrency: 1 } }, invalid("perKey", "partition")],
  [{ push: { url: "ftp://example.com" } }, invalid("push.url")],
  [
    { push: { url: `https://a/${"b".repeat(limits.pushUrlLength)}` } },
    invalid("push.url", limits.pushUrlLength),
  ],
  [{ push: { url: "https://a", batchSize: 0 } }, invalid("push.batchSize", 1)],
  [{ push: { url: "https://a", timeoutMs: 99 } }, invalid("push.timeoutMs", limits.pushTimeoutMsMin)],
  [{ push: { url: "https://a", maxAgeMs: 0 } }, invalid("push.maxAgeMs", 1)],
  [{ push: { url: "https://a", headers: { "webhook-id": "b" } } }, invalid("push.headers")],
];

const receiveOptions: readonly [ReceiveOptions, Refusal][] = [
  [{ maxMessages: 0 }, invalid("maxMessages", 1)],
  [{ maxMessages: limits.receiveMessages + 1 }, invalid("maxMessages", limits.receiveMessages)],
  [{ maxMessages: Number.NaN }, invalid("maxMessages")],
  [{ maxBytes: 0 }, invalid("maxBytes", 1)],
  [{ maxBytes: limits.receiveBytes + 1 }, invalid("maxBytes", limits.receiveBytes)],
  [{ waitMs: -1 }, invalid("waitMs", 0)],
  [{ waitMs: limits.receiveWaitMs + 1 }, invalid("waitMs", limits.receiveWaitMs)],
  [{ leaseMs: limits.leaseMsMin - 1 }, invalid("leaseMs", limits.leaseMsMin)],
  [{ leaseMs: limits.leaseMs + 1 }, invalid("leaseMs", limits.leaseMs)],
  [{ consumer: "c".repeat(limits.consumerLength + 1) }, invalid("consumer", limits.consumerLength)],
];

const header = (key: string, size: number) => ({ key, value: new Uint8Array(size) });
const tooLarge = (field: string, limit: number): Refusal => ({ code: "MESSAGE_TOO_LARGE", field, limit });
const messages: readonly [Partial<OutgoingMessage>, Refusal][] = [
  [{ key: new Uint8Array(limits.keyBytes + 1) }, tooLarge("messages[1].key", limits.keyBytes)],
  [
    { headers: Array.from({ length: limits.headers + 1 }, (_, index) => header(`h${index}`, 1)) },
    invalid("messages[1].headers", limits.headers),
  ],
  [{ headers: [header("h", limits.headerBytes)] }, tooLarge("messages[1].headers.h", limits.headerBytes)],
  [
    { headers: ["a", "b", "c", "d", "e"].map((key) => header(key, 4000)) },
    tooLarge("messages[1].headers", limits.headersBytes),
  ],
  [{ idempotencyKey: "" }, invalid("messages[1].idempotencyKey")],
  [{ idempotencyKey: "é".repeat(129) }, invalid("messages[1].idempotencyKey", limits.idempotencyKeyBytes)],
];

const noTopic = ["INVALID", "NOT_SUPPORTED", "TOPIC_NOT_FOUND"];
/** What an address without a name, or with one that addresses swallow, is answered with. */
const noAddress = ["NOT_FOUND", "METHOD_NOT_ALLOWED", "INVALID"];

/** Limits and bad input: an error that names field and limit, and nothing is changed. */
export const boundaries: Area = ({ story, can }) => {
  story("names that no topic may have", null, async ({ system, topic }) => {
    const names = [
      `${topic}{a}`,
      `${topic}:a`,
      `${topic} a`,
      `${topic}/a`,
      `${topic}é`,
      "t".repeat(201),
      `${topic}.dlq`,
      "{}",
      "*",
    ];
    for (const name of [...names, "", ".", ".."]) {
      const unsaid = !can.anyName && ["", ".", ".."].includes(name);
      if (unsaid) await expectRefusedSomehow(system.putTopic(name), noAddress);
      else if (name.endsWith(".dlq"))
        await expectRefusedSomehow(system.putTopic(name), ["INVALID", "NOT_SUPPORTED"]);
      else await expectRefusal(system.putTopic(name), { code: "INVALID", field: "topic" });
      const codes = [...noTopic, ...(unsaid ? noAddress : [])];
      await expectRefusedSomehow(system.publish(name, messagesOf(["a"])), codes);
      await expectRefusedSomehow(system.deleteTopic(name), codes);
      await expectRefusedSomehow(system.receive(name, "g"), codes);
    }
    expect(
      (await system.putTopic("t".repeat(limits.topicNameLength - topic.length) + topic, { partitions: 1 }))
        .created,
    ).toBe(true);
  });

  story("names that no group may have", {}, async ({ system, topic }) => {
    const names = ["a.b", "a{b}", "a:b", "a b", "a/b", "é", "g".repeat(101)];
    for (const name of can.anyName ? [...names, "", ".", ".."] : names) {
      const refused = { code: "INVALID", field: "group" } as const;
      await expectRefusal(system.putGroup(topic, name), refused);
      await expectRefusal(system.receive(topic, name), refused);
      await expectRefusal(system.describeGroup(topic, name), refused);
      await expectRefusal(system.deleteGroup(topic, name), refused);
    }
    expect(await system.listGroups(topic)).toEqual([]);
    expect((await system.putGroup(topic, "g".repeat(limits.groupNameLength))).created).toBe(true);
  });

  story("what does not exist is named", {}, async ({ system, topic }) => {
    const other = `${topic}-other`;
    const missing = { code: "TOPIC_NOT_FOUND" } as const;
    await expectRefusal(system.describeTopic(other), missing);
    await expectRefusal(system.deleteTopic(other), missing);
    await expectRefusal(system.publish(other, messagesOf(["a"])), missing);
    await expectRefusal(system.receive(other, "g"), missing);
    await expectRefusal(system.putGroup(other, "g"), missing);
    await expectRefusal(system.listGroups(other), missing);
    await expectRefusal(system.settle(other, "g", "0.0123456789", { ack: "all" }), missing);
    await expectRefusal(system.deadLetters(other, "g"), missing);
    const noGroup = { code: "GROUP_NOT_FOUND" } as const;
    await expectRefusal(system.describeGroup(topic, "g"), noGroup);
    await expectRefusal(system.settle(topic, "g", "0.0123456789", { ack: "all" }), noGroup);
    await expectRefusal(system.resume(topic, "g"), noGroup);
    await expectRefusal(system.redrive(topic, "g", { all: true }), noGroup);
    for (const partition of [1, 7, limits.partitions - 1]) {
      await expectRefusal(system.publish(topic, messagesOf(["a"], partition)), {
        code: "PARTITION_NOT_FOUND",
        field: "messages[0].partition",
        limit: 0,
      });
    }
    expect((await system.listTopics()).some(({ name }) => name === other)).toBe(false);
    expect(await system.listGroups(topic)).toEqual([]);
  });

  story("settings of a topic outside their limits", {}, async ({ system, topic }) => {
    const before = await system.describeTopic(topic);
    for (const [settings, refusal] of topicSettings) {
      await expectRefusal(system.putTopic(topic, settings), refusal);
      await expectRefusal(system.putTopic(`${topic}-new`, settings), refusal);
    }
    expect(await system.describeTopic(topic)).toEqual(before);
    await expectRefusal(system.describeTopic(`${topic}-new`), { code: "TOPIC_NOT_FOUND" });
  });

  story("settings of a group outside their limits", {}, async ({ system, topic }) => {
    const { group } = await system.putGroup(topic, "g");
    for (const [settings, refusal] of groupSettings) {
      await expectRefusal(system.putGroup(topic, "g", settings), refusal);
      await expectRefusal(system.putGroup(topic, "new", settings), refusal);
    }
    expect(await system.listGroups(topic)).toEqual([group]);
  });

  story("receives and extensions outside their limits", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(["a"]));
    for (const [options, refusal] of receiveOptions)
      await expectRefusal(system.receive(topic, "g", options), refusal);
    const { leases } = await system.receive(topic, "g");
    const lease = leases[0]!;
    expect(lease.messages).toMatchObject([{ attempt: 1 }]);
    for (const leaseMs of [0, 99, limits.leaseMs + 1, -1, 1.5])
      await expectRefusal(system.extend(topic, "g", lease.id, { leaseMs }), invalid("leaseMs"));
    const { leases: held } = (await system.describeGroup(topic, "g")).partitions[0]!;
    expect(held).toMatchObject([{ deadline: lease.deadline }]);
    for (const delayMs of [-1, 1.5, limits.retryDelayMs + 1]) {
      await expectRefusal(
        system.settle(topic, "g", lease.id, { retry: [{ offset: 0, delayMs }] }),
        invalid("retry[0].delayMs"),
      );
    }
    await expectRefusal(
      system.settle(topic, "g", lease.id, {
        deadLetter: [{ offset: 0, reason: "r".repeat(limits.reasonLength + 1) }],
      }),
      invalid("deadLetter[0].reason", limits.reasonLength),
    );
    expect(await system.settle(topic, "g", lease.id, { ack: "all" })).toMatchObject({ acked: 1 });
  });

  story(
    "messages outside their limits take the whole publish with them",
    { partitions: 2 },
    async ({ system, topic }) => {
      for (const [part, refusal] of messages)
        await expectRefusal(
          system.publish(topic, [{ value: bytes("fits") }, { value: bytes("v"), ...part }]),
          refusal,
        );
      for (const partition of [-1, 1.5, 1e15, Number.NaN])
        await expectRefusedSomehow(system.publish(topic, messagesOf(["a"], partition)), [
          "INVALID",
          "PARTITION_NOT_FOUND",
        ]);
      expect((await system.describeTopic(topic)).partitionStates.map(({ end }) => end)).toEqual([0, 0]);
      const full = {
        key: new Uint8Array(limits.keyBytes),
        value: bytes("v"),
        idempotencyKey: "i".repeat(limits.idempotencyKeyBytes),
        headers: Array.from({ length: limits.headers }, (_, index) => header(`h${100 + index}`, 252)),
      };
      await system.publish(topic, [full]);
    },
  );
};
