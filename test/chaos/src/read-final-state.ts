import type { Engine, Group, Topic } from "@tidegate/core";
import { idOf } from "./actors/body.ts";
import type { FinalGroup, FinalPartition, FinalState, FinalTopic } from "./check/final-state.ts";

/** Reads everything back: logs, groups, dead letters, and the engine's own recount. */
export async function readFinalState(engine: Engine): Promise<FinalState> {
  const topics: FinalTopic[] = [];
  for (const topic of await engine.topics.list()) topics.push(await readTopic(engine, topic));
  return { topics };
}

async function readTopic(engine: Engine, topic: Topic): Promise<FinalTopic> {
  const { name, topicId, retention, gate } = topic;
  const { partitionStates, gateState } = await engine.topics.describe(name);
  const partitions: FinalPartition[] = [];
  for (const { partition, start, end, delayed } of partitionStates) {
    const messages: [number, string][] = [];
    for (let from = start; from < end; ) {
      const page = await engine.read(name, partition, { from, limit: 1000 });
      for (const { offset, value } of page.messages) messages.push([offset, idOf(value)]);
      if (page.nextOffset <= from) break;
      from = page.nextOffset;
    }
    partitions.push({ partition, start, end, delayed, messages });
  }
  const groups: FinalGroup[] = [];
  for (const group of await engine.groups.list(name)) groups.push(await readGroup(engine, name, group));
  const { findings } = await engine.audit(name);
  const admitted = gate && gateState ? { id: gate.id, units: gateState.admitted } : null;
  return { name, topicId, policy: retention.policy, partitions, groups, audit: findings, admitted };
}

async function readGroup(
  engine: Engine,
  topic: string,
  { name, ordering, maxDeliveries, concurrency, perKey }: Group,
): Promise<FinalGroup> {
  const { partitions } = await engine.groups.describe(topic, name);
  const deadLetters: { partition: number; offset: number }[] = [];
  let from: { partition: number; from: number } | null = { partition: 0, from: 0 };
  for (let partition = 0; partition < partitions.length; partition += 1) {
    from = { partition, from: 0 };
    while (from !== null) {
      const page: Awaited<ReturnType<Engine["groups"]["deadLetters"]>> = await engine.groups.deadLetters(
        topic,
        name,
        {
          ...from,
          limit: 1000,
        },
      );
      for (const letter of page.messages) deadLetters.push({ partition, offset: letter.originOffset });
      from = page.next;
    }
  }
  return {
    name,
    ordering,
    maxDeliveries,
    concurrency,
    perKey,
    drained: true,
    cursors: partitions,
    deadLetters,
  };
}
