import { setTimeout as pause } from "node:timers/promises";
import type { Proc } from "../actors/start-actor.ts";
import type { Random } from "../random.ts";
import type { Fault } from "./fault.ts";

/** Processes of apps and of the server, killed and stopped without a warning. */
export const processFaults: readonly Fault[] = [
  {
    kind: "worker-kill",
    weight: 5,
    resource: "processes",
    run: ({ actors }, random) => killOne(random.pick(actors), random),
  },
  {
    kind: "worker-stop",
    weight: 7,
    resource: "processes",
    run: ({ actors }, random) => stopOne(random.pick(actors), random),
  },
  {
    kind: "server-kill",
    weight: 2,
    resource: "processes",
    run: ({ server }, random) => killOne(server, random),
  },
  {
    kind: "server-stop",
    weight: 3,
    resource: "processes",
    run: ({ server }, random) => stopOne(server, random),
  },
];

async function killOne(process: Proc, random: Random): Promise<string> {
  await process.signal("SIGKILL");
  await pause(random.whole(0, 300));
  await process.restart();
  return process.name;
}

/** For less or for longer than its leases last. */
async function stopOne(process: Proc, random: Random): Promise<string> {
  await process.signal("SIGSTOP");
  try {
    await pause(random.chance(0.6) ? random.whole(100, 700) : random.whole(1200, 2500));
  } finally {
    await process.signal("SIGCONT");
  }
  return process.name;
}
