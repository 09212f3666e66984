import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { startCluster } from "./start-cluster.ts";

test("keys of different tags lie on different masters, and a replica takes over from a killed one", async () => {
  const cluster = await startCluster({ masters: 3, replicasPerMaster: 1 });
  onTestFinished(() => cluster.stop());
  expect(cluster.nodes).toHaveLength(6);
  const client = cluster.client();
  for (let i = 0; i < 100; i++) await client.set(`{tag-${i}}`, i);
  const sizes = await Promise.all(cluster.nodes.map((node) => node.client().dbsize()));
  for (const size of sizes.slice(0, 3)) expect(size).toBeGreaterThan(0);

  await cluster.nodes[0]!.kill();
  await eventually("the replica is a master", async () =>
    String(await cluster.nodes[3]!.client().call("ROLE")).startsWith("master"),
  );
  await cluster.settled();
  await eventually("writes pass again", () => client.set("{after}", 1));
  await cluster.nodes[0]!.restart();
  await cluster.settled();
}, 20_000);
