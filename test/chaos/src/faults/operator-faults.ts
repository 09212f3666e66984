import { setTimeout as pause } from "node:timers/promises";
import { gatePutOf, scene as names, sideSettings } from "../scene-names.ts";
import { breaking, type Fault, type FaultScene } from "./fault.ts";

const patienceMs = 20_000;

/** What operators do while the system is in use; each is repeated until it is answered, as an operator would. */
export const operatorFaults: readonly Fault[] = [
  {
    kind: "topic-grow",
    weight: 2,
    resource: "operator",
    run: async (scene) => {
      const { partitions } = await untilAnswered(() => scene.engine.topics.get(names.main));
      if (partitions >= names.mostPartitions) return "no room";
      return breaking(scene.journal, { what: "grow", topic: names.main }, async () => {
        await untilAnswered(() => scene.engine.topics.put(names.main, { partitions: partitions + 1 }));
        return `${names.main} to ${partitions + 1}`;
      });
    },
  },
  {
    kind: "topic-recreate",
    weight: 3,
    resource: "operator",
    run: ({ engine, journal }, random) =>
      breaking(journal, { what: "delete", topic: names.side }, async () => {
        await untilAnswered(() =>
          engine.topics.delete(names.side).catch((error) => {
            if (error.code !== "TOPIC_NOT_FOUND") throw error;
          }),
        );
        await pause(random.whole(0, 300));
        await untilAnswered(() => engine.topics.put(names.side, sideSettings));
        await untilAnswered(() =>
          engine.groups.put(names.side, names.sideGroup.name, names.sideGroup.settings),
        );
        return names.side;
      }),
  },
  {
    kind: "group-seek",
    weight: 3,
    resource: "operator",
    run: ({ engine, journal }, random) =>
      breaking(journal, { what: "seek", topic: names.main, group: names.tour }, async () => {
        const to = random.pick(["earliest", "latest", "middle"] as const);
        await untilAnswered(async () => {
          const { partitions } = await engine.groups.describe(names.main, names.tour);
          const offsets = Object.fromEntries(
            partitions.map(({ partition, end }) => [String(partition), Math.floor(end * 0.7)]),
          );
          await engine.groups.seek(names.main, names.tour, to === "middle" ? { offsets } : to);
        });
        return `${names.tour} to ${to}`;
      }),
  },
  {
    kind: "group-redrive",
    weight: 2,
    resource: "operator",
    run: ({ engine, journal }) =>
      breaking(journal, { what: "redrive", topic: names.main, group: names.tour }, async () => {
        await untilAnswered(() => engine.groups.redrive(names.main, names.tour, { all: true }));
        return names.tour;
      }),
  },
  {
    kind: "group-pause",
    weight: 3,
    resource: "operator",
    run: async ({ engine }, random) => {
      const group = random.pick([names.tour, names.work, names.line, names.row, names.keys, names.chain]);
      await untilAnswered(() => engine.groups.pause(names.main, group));
      await pause(random.whole(50, 800));
      await untilAnswered(() => engine.groups.resume(names.main, group));
      return group;
    },
  },
  {
    kind: "gate-put",
    weight: 3,
    resource: "operator",
    run: async (scene, random) => {
      // Now and then a new sale; mostly the one that stands is put again.
      const gate = await untilAnswered(() => scene.engine.topics.get(names.sale));
      const current = Number(gate.gate?.id.slice("sale-".length) ?? 1);
      const number = random.chance(0.4) ? current + 1 : current;
      await putGate(scene, number);
      return `sale-${number}`;
    },
  },
];

/** Puts a gate and writes down from when until when. */
export async function putGate(
  { engine, journal }: Pick<FaultScene, "engine" | "journal">,
  sale: number,
): Promise<void> {
  const gate = gatePutOf(sale);
  const call = journal.newCall();
  const { id, stock, perKey } = gate;
  journal.write({ type: "gate", call, topic: names.sale, id, stock, perKey: perKey.limit, capacity: null });
  await untilAnswered(() => engine.topics.put(names.sale, { partitions: 2, placement: "together", gate }));
  journal.write({ type: "done", call });
}

/** Repeats a call that may be repeated until Redis answers it. */
export async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { retryable = false } = error as { retryable?: boolean };
      if (!retryable || Date.now() > giveUpAt) throw error;
      await pause(50);
    }
  }
}
