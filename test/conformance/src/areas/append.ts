import { limits } from "@tidegate/contracts";
import { expect } from "vitest";
import { consume } from "../consume.ts";
import { expectRefusal, placesOf, verdicts } from "../refusal.ts";
import type { Area } from "../story.ts";
import { bytes, messagesOf, numbered, text, values } from "../text.ts";

/** From org.apache.kafka.common.utils.UtilsTest#testMurmur2: a key and its hash. */
const murmur2Vectors: readonly [string, number][] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

/** Appending: offsets, partitions, batches and bytes. */
export const append: Area = ({ story, can }) => {
  story("offsets are dense and in order of appending", {}, async ({ system, topic }) => {
    let next = 0;
    for (const size of [1, 3, 100, 1]) {
      const sent = numbered(size, `${next}-`);
      const places = placesOf(await system.publish(topic, messagesOf(sent)));
      expect(places).toEqual(sent.map((_, index) => ({ partition: 0, offset: next + index })));
      const { messages } = await system.read(topic, 0, { from: next });
      expect(values(messages)).toEqual(sent);
      next += size;
    }
    const [state] = (await system.describeTopic(topic)).partitionStates;
    expect(state).toMatchObject({ start: 0, end: next, messages: next });
  });

  story("a key goes where Kafka's default partitioner puts it", { partitions: 7 }, async (stage) => {
    const { system, topic } = stage;
    const other = await system.connect();
    const messages = murmur2Vectors.map(([key]) => ({ key: bytes(key), value: bytes(key) }));
    const wanted = murmur2Vectors.map(([, hash]) => (hash & 0x7fffffff) % 7);
    for (const connection of [system, other]) {
      const places = placesOf(await connection.publish(topic, messages));
      expect(places.map(({ partition }) => partition)).toEqual(wanted);
    }
  });

  story("a partition that is named wins over the key", { partitions: 3 }, async ({ system, topic }) => {
    const messages = [2, 0, 1, 2].map((partition) => ({ key: bytes("k"), value: bytes("v"), partition }));
    expect(placesOf(await system.publish(topic, messages))).toEqual([
      { partition: 2, offset: 0 },
      { partition: 0, offset: 0 },
      { partition: 1, offset: 0 },
      { partition: 2, offset: 1 },
    ]);
    await expectRefusal(system.publish(topic, [messages[0]!, { ...messages[0]!, partition: 3 }]), {
      code: "PARTITION_NOT_FOUND",
      field: "messages[1].partition",
      limit: 2,
    });
    expect((await system.describeTopic(topic)).partitionStates.map(({ end }) => end)).toEqual([1, 1, 2]);
  });

  story(
    "messages without a key stay together, and over time use all partitions",
    { partitions: 3 },
    async (stage) => {
      const { system, topic } = stage;
      const used = new Set<number>();
      for (let round = 0; used.size < 3; round += 1) {
        if (round === 100) throw new Error(`only partitions ${[...used]} were used`);
        const places = placesOf(await system.publish(topic, messagesOf(numbered(20))));
        const partitions = new Set(places.map(({ partition }) => partition));
        expect(partitions.size).toBe(1);
        for (const partition of partitions) used.add(partition);
      }
    },
  );

  story("a large publish is cut into batches and keeps its order", {}, async ({ system, topic }) => {
    const sent = numbered(1000).map((name) => name.padEnd(512, "."));
    const places = placesOf(await system.publish(topic, messagesOf(sent)));
    expect(places.map(({ offset }) => offset)).toEqual(sent.map((_, index) => index));
    expect(values((await system.read(topic, 0, { from: 0, limit: 1000 })).messages)).toEqual(sent);
  });

  story("publishes that leave together each learn their own offsets", {}, async ({ system, topic }) => {
    const sent = numbered(40).map((name, index) => numbered(1 + (index % 3), `${name}-`));
    const answers = await Promise.all(sent.map((some) => system.publish(topic, messagesOf(some))));
    const stored = values((await system.read(topic, 0, { from: 0, limit: 1000 })).messages);
    for (const [index, answer] of answers.entries())
      expect(placesOf(answer).map(({ offset }) => stored[offset])).toEqual(sent[index]);
    expect(stored).toHaveLength(sent.flat().length);
  });

  story("publishers at once leave no gap, and each keeps its order", { partitions: 3 }, async (stage) => {
    const { system, topic } = stage;
    const writers = await Promise.all(Array.from({ length: 6 }, () => system.connect()));
    const write = async (writer: typeof system, name: string) => {
      for (let batch = 0; batch < 10; batch += 1) {
        const messages = numbered(5, `${name}.${batch}.`).map((value) => ({
          key: bytes(name),
          value: bytes(value),
        }));
        await writer.publish(topic, messages);
      }
    };
    await Promise.all(writers.map((writer, index) => write(writer, `w${index}`)));
    const byWriter = new Map<string, string[]>();
    for (let partition = 0; partition < 3; partition += 1) {
      const { messages, end } = await system.read(topic, partition, { from: 0, limit: 1000 });
      expect(messages.map(({ offset }) => offset)).toEqual(
        Array.from({ length: end }, (_, offset) => offset),
      );
      for (const { key, value } of messages)
        byWriter.set(text(key)!, [...(byWriter.get(text(key)!) ?? []), text(value)!]);
    }
    for (const [name, got] of byWriter) {
      const sent = Array.from({ length: 10 }, (_, batch) => numbered(5, `${name}.${batch}.`)).flat();
      expect(got).toEqual(sent);
    }
    expect(byWriter.size).toBe(6);
  });

  story("keys and values are any bytes, none at all, or empty", {}, async ({ system, topic }) => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const some: (Uint8Array | null)[] = [
      every,
      new Uint8Array(),
      null,
      bytes("🌊 déjà vu\u0000\ufeff"),
      Uint8Array.of(0xff, 0xfe, 0xc0),
    ];
    const messages = some.flatMap((key) => some.map((value) => ({ key, value })));
    await system.publish(topic, messages);
    const read = (await system.read(topic, 0, { from: 0 })).messages;
    const leased = await consume(system, topic, "g", messages.length);
    for (const got of [read, leased]) {
      expect(got.map(({ key, value }) => [hex(key), hex(value)])).toEqual(
        messages.map(({ key, value }) => [hex(key), hex(value)]),
      );
    }
  });

  story("headers go with a message", {}, async ({ system, topic }) => {
    const headers = [
      { key: "trace", value: bytes("1") },
      { key: "bytes", value: Uint8Array.of(0, 255) },
      { key: "ünï", value: bytes("✓") },
      { key: "empty", value: new Uint8Array() },
    ];
    const extra = [
      { key: "trace", value: bytes("2") },
      { key: "none", value: null },
    ];
    const list = [...headers, ...extra];
    await system.publish(topic, [{ value: bytes("v"), headers: list }, { value: bytes("w") }]);
    const [first, second] = (await system.read(topic, 0, { from: 0 })).messages;
    const shown = first!.headers.map(({ key, value }) => [key, hex(value)]);
    if (can.headerList) expect(shown).toEqual(list.map(({ key, value }) => [key, hex(value)]));
    else {
      // One value a name, the last; a name without a value has an empty one.
      const last = new Map(list.map(({ key, value }) => [key, hex(value ?? new Uint8Array())]));
      expect(new Map(shown as [string, string][])).toEqual(last);
    }
    expect(second!.headers).toEqual([]);
  });

  story(
    "a compressed topic gives back what it was given",
    { compression: "gzip" },
    async ({ system, topic }) => {
      const sent = numbered(200).map((name) => name.padEnd(200, "abc"));
      await system.publish(topic, messagesOf(sent));
      expect(values(await consume(system, topic, "g", 200))).toEqual(sent);
      const [state] = (await system.describeTopic(topic)).partitionStates;
      expect(state!.bytes).toBeLessThan(200 * 100);
    },
  );

  story("a value may have a MiB and not a byte more", {}, async ({ system, topic }) => {
    const value = new Uint8Array(limits.valueBytes).fill(7);
    await system.publish(topic, [{ value }]);
    expect((await system.read(topic, 0, { from: 0 })).messages[0]!.value!.length).toBe(limits.valueBytes);
    const tooLarge = [{ value: bytes("fits") }, { value: new Uint8Array(limits.valueBytes + 1) }];
    await expectRefusal(system.publish(topic, tooLarge), {
      code: "MESSAGE_TOO_LARGE",
      field: "messages[1].value",
      limit: limits.valueBytes,
    });
    expect((await system.read(topic, 0, { from: 0 })).end).toBe(1);
  });

  story("a publish is told the line that it joined", {}, async ({ system, topic }) => {
    await system.publish(topic, messagesOf(numbered(3)));
    const { backlog } = await system.publish(topic, messagesOf(numbered(2)));
    expect(backlog).toMatchObject({ messages: 5 });
    expect(backlog!.oldestMs).toBeGreaterThanOrEqual(0);
    await consume(system, topic, "g", 5);
    expect((await system.publish(topic, messagesOf(["one"]))).backlog).toMatchObject({ messages: 1 });
  });

  story("acks that this Redis cannot give are refused or reported", {}, async ({ system, topic }) => {
    await expectRefusal(system.publish(topic, messagesOf(["a"]), "fsync"), {
      code: "ACKS_UNSUPPORTED",
      field: "acks",
    });
    expect((await system.read(topic, 0, { from: 0 })).end).toBe(0);
    await expectRefusal(system.publish(topic, messagesOf(["b"]), "replicas"), { code: "NOT_REPLICATED" });
    expect(values((await system.read(topic, 0, { from: 0 })).messages)).toEqual(["b"]);
    expect(verdicts(await system.publish(topic, messagesOf(["c"]), "leader"))).toEqual(["ok"]);
    await expectRefusal(system.publish(topic, messagesOf(["d"]), "all" as "leader"), {
      code: "INVALID",
      field: "acks",
      limit: "leader, replicas, fsync",
    });
  });
};

function hex(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString("hex");
}
