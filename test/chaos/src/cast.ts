import type { RedisAddress, Role } from "./actors/actor-config.ts";
import { type Proc, startActor, startServerProcess } from "./actors/start-actor.ts";
import { wallOffset } from "./history/read-history.ts";
import type { Random } from "./random.ts";
import { scene as names } from "./scene-names.ts";
import type { Stage } from "./stage/stage.ts";

const leaseMs = 1500;

export interface Cast {
  readonly actors: readonly Proc[];
  readonly server: Proc;
}

/** Starts the processes of an episode: producers, consumers, clients over HTTP, and the server. */
export async function startCast(
  stage: Stage,
  folder: string,
  namespace: string,
  random: Random,
  mainTopicId: string,
  serverPort: number,
): Promise<Cast> {
  const url = `http://127.0.0.1:${serverPort}`;
  const { main, side, sale, tight } = names;
  const parts: Readonly<Record<string, readonly Role[]>> = {
    p1: [
      { role: "plain", topic: main, acks: "leader" },
      { role: "keyed", topic: main, acks: "leader" },
      { role: "idempotent", topic: main, acks: "leader" },
      { role: "delayed", topic: main, acks: "leader" },
      { role: "buyers", topic: sale },
      { role: "plain", topic: tight, acks: "leader" },
    ],
    p2: [
      { role: "plain", topic: main, acks: stage.acks },
      { role: "keyed", topic: main, acks: stage.acks },
      { role: "idempotent", topic: main, acks: stage.acks },
      { role: "plain", topic: side, acks: "leader" },
      { role: "buyers", topic: sale },
    ],
    c1: [
      { role: "sdk", topic: main, group: names.work, handler: "message", concurrency: 8, leaseMs },
      { role: "sdk", topic: main, group: names.line, handler: "batch", concurrency: 4, leaseMs },
      { role: "pull", topic: main, group: names.row, leaseMs },
      { role: "pull", topic: main, group: names.keys, leaseMs },
      { role: "sdk", topic: main, group: names.chain, handler: "message", concurrency: 6, leaseMs },
      { role: "pull", topic: tight, group: names.drain, leaseMs },
    ],
    c2: [
      { role: "sdk", topic: main, group: names.work, handler: "batch", concurrency: 3, leaseMs },
      { role: "sdk", topic: main, group: names.line, handler: "message", concurrency: 4, leaseMs },
      { role: "pull", topic: main, group: names.tour, leaseMs },
      { role: "sdk", topic: main, group: names.chain, handler: "batch", concurrency: 3, leaseMs },
      { role: "pull", topic: main, group: names.chain, leaseMs },
      { role: "pull", topic: side, group: names.sideGroup.name, leaseMs },
    ],
    c3: [
      { role: "pull", topic: main, group: names.row, leaseMs },
      { role: "pull", topic: main, group: names.tour, leaseMs },
      { role: "pull", topic: main, group: names.keys, leaseMs },
      { role: "pull", topic: main, group: names.chain, leaseMs },
      { role: "http-publish", topic: main, topicId: mainTopicId, url },
      { role: "http-pull", topic: main, group: names.http, url },
      { role: "http-pull", topic: main, group: names.http, url },
      { role: "http-pull", topic: main, group: names.chain, url },
    ],
  };
  const server = startServerProcess(serverPort, stage.serverUrl, namespace);
  const actors = Object.entries(parts).map(([name, roles], index) => {
    const chance = random.branch(name);
    return startActor(folder, {
      name,
      seed: `${namespace}/${name}`,
      namespace,
      redis: addressFor(stage, index),
      patience: chance.pick(["default", "endless", "short"] as const),
      skewMs: chance.pick([0, -1, 1]) * chance.whole(60_000, 600_000),
      wallOffset: wallOffset(),
      roles,
    });
  });
  return { actors: await Promise.all(actors), server: await server };
}

/** The processes are spread over the proxies, so that what befalls one spares some. */
function addressFor({ address, gateway }: Stage, index: number): RedisAddress {
  if (!gateway) return address;
  return { kind: "single", port: gateway.proxies[index % gateway.proxies.length]!.port };
}
