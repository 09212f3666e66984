import { startRedis, testNamespace } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Engine, type GroupSettings } from "../src/index.ts";

test.each<[string, GroupSettings]>([
  ["by ranges", {}],
  ["from lanes", { concurrency: 100 }],
])(
  "what a consumer %s had read is not handed out for what stands there since an older state was restored",
  async (_, settings) => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const redis = server.client();
    onTestFinished(() => redis.disconnect());
    const engine = new Engine({ redis, namespace: testNamespace(), subscribe: false });
    await engine.topics.put("t", { partitions: 1 });
    await engine.groups.put("t", "g", settings);
    const publish = (text: string) =>
      engine.append(
        "t",
        [1, 2, 3].map((n) => ({ value: Buffer.from(`${text}${n}`) })),
      );
    const receive = async () =>
      (await engine.groups.receive("t", "g", { maxMessages: 1 })).leases[0]!.messages.map(({ value }) =>
        Buffer.from(value!).toString(),
      );
    const keys = await redis.keys("*");
    const before = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    await publish("lost");
    expect(await receive()).toEqual(["lost1"]);
    // As a Redis that ends and comes back from a snapshot; the client finds its way back by itself.
    const control = server.client();
    onTestFinished(() => control.disconnect());
    await control.flushall();
    for (const [index, key] of keys.entries()) await control.restore(key, 0, before[index]!);
    const back = new Promise((resolve) => redis.once("ready", resolve));
    await control.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await back;
    await publish("new");
    expect(await receive()).toEqual(["new1"]);
    expect(await receive()).toEqual(["new2"]);
  },
);
