import type { Flow, TicketStatus } from "@tidegate/contracts";
import type {
  Admission,
  AppendOutcome,
  CreditPlace,
  Engine,
  Flow as EngineFlow,
  TicketPlace,
  TicketStanding,
  Topic,
  Visitor,
} from "@tidegate/core";
import type { Published, System } from "./system.ts";

/** An engine, and how to make another one over a connection of its own. */
export interface OwnedEngine {
  readonly engine: Engine;
  /** Ends the engine and its connection. */
  close(): Promise<void>;
}

/** The engine itself as a system. */
export async function engineSystem(open: () => Promise<OwnedEngine>): Promise<System> {
  const { engine, close } = await open();
  const others: System[] = [];
  return {
    putTopic: (name, settings = {}) => engine.topics.put(name, settings),
    describeTopic: (name) => engine.topics.describe(name),
    listTopics: () => engine.topics.list(),
    deleteTopic: (name) => engine.topics.delete(name),

    async publish(topic, messages, acks) {
      const result = await engine.append(topic, messages, { acks });
      const outcomes = result.outcomes.map((outcome, index) =>
        publishedOf(outcome, result.topic, messages[index]!.stockUnits ?? 1),
      );
      const refused = outcomes.some(({ status }) => status === "refused");
      return { outcomes, backlog: refused ? null : result.backlog };
    },
    read: (topic, partition, options) => engine.read(topic, partition, options),

    putGroup: (topic, group, settings = {}) => engine.groups.put(topic, group, settings),
    describeGroup: (topic, group) => engine.groups.describe(topic, group),
    listGroups: (topic) => engine.groups.list(topic),
    deleteGroup: (topic, group) => engine.groups.delete(topic, group),
    async receive(topic, group, options = {}) {
      const { leases, paused } = await engine.groups.receive(topic, group, options);
      return { leases, paused };
    },
    settle: (topic, group, leaseId, outcome) => engine.groups.settle(topic, group, leaseId, outcome),
    extend: (topic, group, leaseId, options) => engine.groups.extend(topic, group, leaseId, options),
    seek: (topic, group, to) => engine.groups.seek(topic, group, to),
    pause: (topic, group) => engine.groups.pause(topic, group),
    resume: (topic, group) => engine.groups.resume(topic, group),
    deadLetters: (topic, group, options = {}) => engine.groups.deadLetters(topic, group, options),
    redrive: (topic, group, what) => engine.groups.redrive(topic, group, what),
    flow: async (topic, group) => shownFlow(await engine.groups.flow(topic, group)),
    changeFlow: async (topic, group, { keys, ...change }) =>
      shownFlow(
        await engine.groups.changeFlow(topic, group, {
          ...change,
          ...(keys && { keys: keys.map(({ key, ...rest }) => ({ ...rest, key: Buffer.from(key!) })) }),
        }),
      ),
    credit: (topic, receipt) => engine.topics.credit(topic, JSON.parse(receipt) as CreditPlace),

    async ticket(receipt, waitMs = 0) {
      const place = JSON.parse(receipt) as TicketPlace;
      return statusOf(await engine.tickets.wait(place, { timeoutMs: waitMs, until: "change" }));
    },
    putResult: (topic, group, partition, offset, value) =>
      engine.results.put(topic, group, [{ partition, offset, value }]),

    putLine: (topic, settings) => engine.lines.put(topic, settings),
    viewLine: async (topic) => (await engine.lines.standing(topic)).view,
    deleteLine: (topic) => engine.lines.delete(topic),
    async joinLine(topic, idempotencyKey) {
      const { line, number } = await engine.lines.join(topic, { idempotencyKey });
      return { visitor: JSON.stringify({ line, number }), number };
    },
    admitVisitor: async (topic, visitor) =>
      JSON.stringify(await engine.lines.admit(topic, JSON.parse(visitor) as Visitor)),
    heartbeat: (topic, visitor) => engine.lines.heartbeat(topic, JSON.parse(visitor) as Visitor),
    async publishAsVisitor(topic, message, admission) {
      const carried = admission === null ? undefined : (JSON.parse(admission) as Admission);
      const { outcomes } = await engine.append(topic, [{ ...message, admission: carried }]);
      if (outcomes[0]!.status === "refused") throw outcomes[0]!.error;
    },

    signingKeys: () => engine.signingKeys(),

    housekeep: () => engine.housekeep(),
    audit: (topic) => engine.audit(topic),

    async connect() {
      const other = await engineSystem(open);
      others.push(other);
      return other;
    },
    async close() {
      await Promise.all(others.map((other) => other.close()));
      await close();
    },
  };
}

const textOf = (key: Uint8Array | null) => (key === null ? null : Buffer.from(key).toString());

function shownFlow({ window, keys, ...rest }: EngineFlow): Flow {
  return {
    ...rest,
    window: { ...window, blockedBy: textOf(window.blockedBy) },
    keys: keys.map((one) => ({ ...one, key: textOf(one.key) })),
  };
}

function publishedOf(outcome: AppendOutcome, topic: Topic, stockUnits: number): Published {
  if (outcome.status === "refused") return outcome;
  const { partition, duplicate } = outcome;
  const gateId = topic.gate?.id ?? "";
  const { topicId } = topic;
  if (outcome.status === "delayed") {
    const place = { topicId, partition, offset: null, delayedId: outcome.delayedId, gateId, stockUnits };
    return { status: "delayed", partition, offset: null, duplicate, receipt: JSON.stringify(place) };
  }
  const { offset } = outcome;
  const place = { topicId, partition, offset, delayedId: null, gateId, stockUnits };
  return { status: "appended", partition, offset, duplicate, receipt: JSON.stringify(place) };
}

function statusOf({ state, position, etaMs, resultText, dueAt, error }: TicketStanding): TicketStatus {
  const result: unknown = resultText === null ? null : JSON.parse(resultText);
  return {
    ...{ state, position, etaMs, result },
    ...(dueAt !== null && { dueAt }),
    ...(error !== null && { error }),
  };
}
