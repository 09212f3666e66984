import type { AcquireOptions, Acquisition, Engine, Outcome, RangeLease } from "@tidegate/core";
import type { SettleSeen } from "../history/event.ts";
import type { Journal } from "../history/journal.ts";
import { codeOf } from "./actor-context.ts";
import { idOf } from "./body.ts";

type Groups = Engine["groups"];

/** The groups of an engine; what a consumer asks of them, and what it is answered, is written down. */
export function recordedGroups(groups: Groups, journal: Journal): Groups {
  const overrides: Partial<Groups> = {
    async acquire(
      topic: string,
      group: string,
      partition: number,
      options: AcquireOptions,
    ): Promise<Acquisition> {
      const call = journal.newCall();
      journal.write({ type: "acquire", call, topic, group });
      const answer = await groups.acquire(topic, group, partition, options);
      if (answer.lease) writeAcquired(journal, call, answer.lease);
      return answer;
    },
    async takeLanes(topic, group, options) {
      const call = journal.newCall();
      journal.write({ type: "acquire", call, topic, group });
      const answer = await groups.takeLanes(topic, group, options);
      for (const lease of answer?.leases ?? []) writeAcquired(journal, call, lease);
      return answer;
    },
    async load(topic: string, group: string, lease: RangeLease) {
      const messages = await groups.load(topic, group, lease);
      journal.write({
        type: "delivered",
        topic,
        group,
        lease: lease.id,
        messages: messages.map(({ offset, value, attempt }) => [offset, idOf(value), attempt]),
      });
      return messages;
    },
    settle: (topic, group, lease, outcome) =>
      recordSettle(journal, { topic, group, lease }, settleSeen(outcome), () =>
        groups.settle(topic, group, lease, outcome),
      ),
    extend: (topic, group, lease, options) =>
      recordSettle(
        journal,
        { topic, group, lease },
        { ack: options.ack ?? [], retry: [], release: options.release ?? [], deadLetter: [], rest: "keep" },
        () => groups.extend(topic, group, lease, options),
      ),
  };
  return new Proxy(groups, {
    get(target, name) {
      const override = overrides[name as keyof Groups];
      if (override) return override;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Writes a settle or an extend down before it leaves, and its answer. */
export async function recordSettle<T>(
  journal: Journal,
  where: { topic: string; group: string; lease: string },
  outcome: SettleSeen,
  settle: () => Promise<T>,
): Promise<T> {
  const call = journal.newCall();
  journal.write({ type: "settle", call, ...where, outcome });
  try {
    const answer = await settle();
    const { deadline } = answer as { deadline?: number };
    journal.write({ type: "settled", call, ...(deadline === undefined ? {} : { deadline }) });
    return answer;
  } catch (error) {
    journal.write({ type: "settled", call, error: codeOf(error) });
    throw error;
  }
}

export function settleSeen({ ack = [], retry = [], release = [], deadLetter = [] }: Outcome): SettleSeen {
  return {
    ack,
    retry: retry.map(({ offset }) => offset),
    release,
    deadLetter: deadLetter.map(({ offset }) => offset),
    rest: "retry",
  };
}

function writeAcquired(
  journal: Journal,
  call: string,
  { id, partition, deadline, segments }: RangeLease,
): void {
  journal.write({
    type: "acquired",
    call,
    lease: id,
    partition,
    deadline,
    segments: segments.map(({ first, last, attempt }) => [first, last, attempt]),
  });
}
