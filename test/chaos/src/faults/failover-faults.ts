import { setTimeout as pause } from "node:timers/promises";
import { eventually, moveSlot } from "@tidegate/testkit";
import type { Random } from "../random.ts";
import type { ClusterStage } from "../stage/cluster-stage.ts";
import type { PairStage } from "../stage/pair-stage.ts";
import { type Fault, type FaultScene, losing } from "./fault.ts";

/** How far a replica that is in step may be behind. */
const replicaLagMs = 1000;

/** A pair's replica takes over; on a cluster, masters fail and slots move. */
export const failoverFaults: readonly Fault[] = [
  {
    kind: "pair-promote",
    stages: ["pair"],
    weight: 4,
    resource: "redis",
    run: (scene, random) =>
      losing(scene, { windowMs: replicaLagMs, protects: ["replicas"] }, async () => {
        const stage = scene.stage as PairStage;
        await stage.settled();
        // The former master is dead, or goes on for a while with clients that have not heard of it.
        const dead = random.chance(0.5);
        if (dead) await stage.master.kill("SIGKILL");
        await stage.promote(dead ? random.whole(0, 300) : random.whole(0, 150));
        await pause(random.whole(0, 200));
        await stage.rejoin();
        return `redis ${stage.master.port}`;
      }),
  },
  {
    kind: "pair-replica-kill",
    stages: ["pair"],
    weight: 2,
    resource: "redis",
    run: async ({ stage }) => {
      const pair = stage as PairStage;
      await pair.replica.kill("SIGKILL");
      await pair.rejoin();
      return `redis ${pair.replica.port}`;
    },
  },
  ...(["kill", "stop", "graceful", "takeover"] as const).map(
    (how): Fault => ({
      kind: `cluster-failover-${how}`,
      stages: ["cluster"],
      weight: how === "stop" ? 1 : 2,
      resource: "redis",
      run: (scene, random) =>
        how === "graceful"
          ? failOver(scene, random, how)
          : losing(scene, { windowMs: replicaLagMs, protects: ["replicas"] }, () =>
              failOver(scene, random, how),
            ),
    }),
  ),
  {
    kind: "cluster-slot-move",
    stages: ["cluster"],
    weight: 4,
    resource: "redis",
    run: async (scene, random) => {
      const stage = scene.stage as ClusterStage;
      await stage.settled();
      const { slot, owner } = await stage.ownerOf(someKey(scene, random));
      const others = (await stage.masters()).filter((master) => master !== owner);
      const target = random.pick(others);
      await moveSlot(stage.cluster, slot, owner, target);
      await stage.settled();
      return `slot ${slot} to ${target.port}`;
    },
  },
];

async function failOver(
  scene: FaultScene,
  random: Random,
  how: "kill" | "stop" | "graceful" | "takeover",
): Promise<string> {
  const stage = scene.stage as ClusterStage;
  await stage.settled();
  const { owner } = await stage.ownerOf(someKey(scene, random));
  const [replica] = await stage.replicasOf(owner);
  if (!replica) return "no replica";
  const promoted = () =>
    eventually("a replica takes over", async () => (await stage.masters()).includes(replica), 20_000);
  if (how === "kill") {
    await owner.kill("SIGKILL");
    await promoted();
    await owner.restart();
  } else if (how === "stop") {
    await owner.kill("SIGSTOP");
    try {
      const control = replica.client();
      await eventually(
        "a replica takes over",
        async () => (await control.info("replication")).includes("role:master"),
        20_000,
      );
      control.disconnect();
      await pause(random.whole(0, 300));
    } finally {
      await owner.kill("SIGCONT");
    }
  } else {
    const control = replica.client();
    await control.call("CLUSTER", "FAILOVER", ...(how === "takeover" ? ["TAKEOVER"] : []));
    control.disconnect();
    await promoted();
  }
  await eventually("the former master follows", async () => !(await stage.masters()).includes(owner), 20_000);
  await stage.settled();
  return `redis ${owner.port}`;
}

/** A key whose slot is in use. */
function someKey({ namespace }: FaultScene, random: Random): string {
  return random.pick([
    ...[0, 1, 2, 3].map((partition) => `{${namespace}:main:${partition}}:meta`),
    `{${namespace}}:topics`,
    `{${namespace}:main}:groups`,
  ]);
}
