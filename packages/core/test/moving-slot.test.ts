import { manualClock, masterOf, startCluster, testNamespace } from "@tidegate/testkit";
import { expect, onTestFinished, test } from "vitest";
import { Engine } from "../src/index.ts";

test("a settle that empties a key while its slot moves is carried out whole, when the slot has come to rest", async () => {
  const cluster = await startCluster({ masters: 3 });
  onTestFinished(() => cluster.stop());
  const redis = cluster.client();
  onTestFinished(() => redis.disconnect());
  const clock = manualClock();
  const namespace = testNamespace();
  const engine = new Engine({ redis, namespace, now: clock.now, subscribe: false });
  await engine.topics.put("t", { partitions: 1 });
  await engine.groups.put("t", "g");
  const receive = async () => (await engine.groups.receive("t", "g", { maxMessages: 1 })).leases[0]!;
  for (const value of ["a", "b", "c"]) await engine.append("t", [{ value: Buffer.from(value) }]);
  // So that every key of a settle is there.
  await engine.groups.settle("t", "g", (await receive()).id, { ack: "all" });
  clock.advance(61_000);
  await engine.groups.settle("t", "g", (await receive()).id, { ack: "all" });
  const lease = await receive();

  const control = cluster.nodes[0]!.client();
  const slot = Number(await control.call("CLUSTER", "KEYSLOT", `{${namespace}:t:0}`));
  control.disconnect();
  const source = (await masterOf(cluster, slot))!;
  const target = cluster.nodes.find((node) => node !== source)!;
  const [from, to] = [source.client(), target.client()];
  onTestFinished(() => {
    from.disconnect();
    to.disconnect();
  });
  await to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", String(await from.call("CLUSTER", "MYID")));
  await from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", String(await to.call("CLUSTER", "MYID")));
  const settled = engine.groups.settle("t", "g", lease.id, { retry: [{ offset: 2, delayMs: 0 }] });
  settled.catch(() => {});
  await from.call("PING");
  await from.call("CLUSTER", "SETSLOT", slot, "STABLE");
  await to.call("CLUSTER", "SETSLOT", slot, "STABLE");
  expect(await settled).toMatchObject({ retried: 1 });
  expect((await receive()).messages).toMatchObject([{ offset: 2, attempt: 2 }]);
});
