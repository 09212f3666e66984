import type { Chance } from "../chance.ts";
import type { Draft } from "../generate/draft.ts";
import { goodLineRequest } from "./good-line-requests.ts";
import { goodTaskRequest } from "./good-task-requests.ts";
import type { SessionState } from "./session-state.ts";

/** Makes a request that fits what the session knows; null when it knows too little. */
type GoodRequest = (state: SessionState, chance: Chance, prefix: string) => Draft | null;

const json = ["Content-Type", "application/json"] as const;

function draft(method: string, path: readonly string[], body?: unknown, more: Partial<Draft> = {}): Draft {
  return {
    method,
    path: [...path],
    query: [],
    headers: body === undefined ? [] : [[...json]],
    body,
    ...more,
  };
}

const topicPath = (topic: string) => ["v1", "topics", topic];
const groupPath = (topic: string, group: string) => ["v1", "topics", topic, "groups", group];

/** One of few names, so that requests meet what others have made; `prefix` keeps sessions apart. */
const topicName = (chance: Chance, prefix: string) => `${prefix}-${chance.pick(["a", "b"])}`;
const anyTopic: (state: SessionState, chance: Chance, prefix: string) => string = (state, chance, prefix) =>
  state.topics.size > 0 && !chance.oneIn(10)
    ? chance.pick([...state.topics.keys()])
    : topicName(chance, prefix);
/** A topic's path with one of its groups, most likely one that is there. */
function anyGroup(state: SessionState, chance: Chance, prefix: string): { topic: string; group: string } {
  const topic = anyTopic(state, chance, prefix);
  const known = [...(state.topics.get(topic) ?? [])];
  return {
    topic,
    group: known.length > 0 && !chance.oneIn(8) ? chance.pick(known) : chance.pick(["g1", "g2"]),
  };
}

function anyGroupPath(state: SessionState, chance: Chance, prefix: string): string[] {
  const { topic, group } = anyGroup(state, chance, prefix);
  return groupPath(topic, group);
}

const putTopic: GoodRequest = (_state, chance, prefix) => {
  const together = chance.oneIn(2);
  const settings: Record<string, unknown> = { partitions: chance.pick([1, 2, 3, 5]) };
  if (together) settings.placement = "together";
  if (chance.oneIn(3)) settings.retention = { policy: "queue" };
  else if (chance.oneIn(4))
    settings.retention = { ms: chance.pick([1, 50, null]), bytes: chance.pick([2000, null]) };
  if (chance.oneIn(4)) settings.compression = "gzip";
  if (chance.oneIn(5)) settings.maxMessageBytes = chance.pick([1, 20, 1000]);
  if (together && chance.oneIn(2)) settings.gate = gate(chance);
  return draft("PUT", topicPath(topicName(chance, prefix)), settings);
};

function gate(chance: Chance): unknown {
  return {
    id: chance.pick(["sale-1", "sale-2"]),
    ...(chance.oneIn(2) ? { stock: chance.int(0, 20) } : {}),
    ...(chance.oneIn(3)
      ? { perKey: { limit: chance.int(1, 3), windowMs: chance.pick([50, 5000, null]) } }
      : {}),
    ...(chance.oneIn(3) ? { capacity: chance.int(0, 30) } : {}),
    ...(chance.oneIn(3) ? { redirectTo: "https://shop.example/sorry" } : {}),
  };
}

function message(chance: Chance): unknown {
  const content = chance.pick<Record<string, unknown>>([
    { value: { n: chance.int(0, 1000) } },
    { value: "text", headers: { "content-type": "text/plain" } },
    { valueBase64: chance.bytes(chance.int(0, 60)).toString("base64") },
    { valueBase64: null },
    { value: null, headersBase64: { trace: "/w==" } },
    { value: "x".repeat(chance.pick([1, 100, 3000])) },
  ]);
  const fields: Record<string, unknown> = { ...content };
  if (chance.oneIn(2)) fields.key = chance.pick(["k1", "k2", "", null]);
  if (chance.oneIn(6)) fields.partition = chance.int(0, 4);
  if (chance.oneIn(6)) fields.delayMs = chance.pick([0, 1, 50, 100_000]);
  if (chance.oneIn(4)) fields.idempotencyKey = `i${chance.int(0, 10)}`;
  return fields;
}

const publish: GoodRequest = (state, chance, prefix) => {
  const messages = Array.from({ length: chance.pick([1, 1, 2, 5, 30]) }, () => message(chance));
  const acks = chance.oneIn(10)
    ? { acks: chance.pick(["leader", "leader", "leader", "replicas", "fsync"]) }
    : {};
  return draft("POST", [...topicPath(anyTopic(state, chance, prefix)), "messages"], { messages, ...acks });
};

const publishRaw: GoodRequest = (state, chance, prefix) => {
  const headers: [string, string][] = [
    ["Content-Type", chance.pick(["text/plain", "image/png", "text/csv"])],
  ];
  if (chance.oneIn(2)) headers.push(["Tidegate-Key", chance.pick(["k1", "k2"])]);
  if (chance.oneIn(4)) headers.push(["Tidegate-Delay-Ms", "20"]);
  if (chance.oneIn(4)) headers.push(["Idempotency-Key", `r${chance.int(0, 5)}`]);
  const body = chance.bytes(chance.int(0, 200));
  return draft("POST", [...topicPath(anyTopic(state, chance, prefix)), "messages"], body, { headers });
};

/** Those that go together: a message is in one lane. */
const ordersAndLimits = [
  { ordering: "none" },
  { ordering: "none", rate: null, concurrency: null, perKey: null },
  { ordering: "partition", perKey: null },
  { ordering: "key", perKey: null },
  { ordering: "none", rate: { limit: 100, intervalMs: 100, burst: 5 } },
  { ordering: "none", concurrency: 5, perKey: { concurrency: 2 } },
  { ordering: "none", perKey: { header: "trace", rate: { limit: 50, intervalMs: 100 } } },
];

const flowLimits = [
  {},
  { rate: { limit: 100, intervalMs: 100 } },
  { concurrency: 3 },
  { concurrency: null, rate: null },
  { pin: { concurrency: 2 } },
  { pin: null },
  { reset: true },
];

/** How a group flows, and changes of it. */
const flow: GoodRequest = (state, chance, prefix) => {
  const path = [...anyGroupPath(state, chance, prefix), "flow"];
  if (chance.oneIn(2)) return draft("GET", path);
  const key = chance.pick([{ key: "k1" }, { key: "k2" }, { key: "" }, { keyBase64: "/w==" }]);
  const wanted = chance.pick([
    { paused: true },
    { paused: false },
    { pin: { concurrency: 1 } },
    { pin: null },
  ]);
  return draft("PUT", path, {
    ...chance.pick(flowLimits),
    ...(chance.oneIn(2) ? { keys: [{ ...key, ...wanted }] } : {}),
  });
};

const putGroup: GoodRequest = (state, chance, prefix) =>
  draft("PUT", groupPath(anyTopic(state, chance, prefix), chance.pick(["g1", "g2"])), {
    ...(chance.oneIn(2) ? chance.pick(ordersAndLimits) : {}),
    ...(chance.oneIn(2) ? { start: chance.pick(["earliest", "latest"]) } : {}),
    ...(chance.oneIn(2) ? { leaseMs: chance.pick([100, 30_000, 30_000]) } : {}),
    ...(chance.oneIn(2) ? { maxDeliveries: chance.int(1, 3) } : {}),
    ...(chance.oneIn(2) ? { backoff: { initialMs: 1, maxMs: 20, factor: 1.5 } } : {}),
  });

const receive: GoodRequest = (state, chance, prefix) =>
  draft("POST", [...anyGroupPath(state, chance, prefix), "receive"], {
    maxMessages: chance.pick([1, 3, 10, 100]),
    ...(chance.oneIn(4) ? { waitMs: chance.pick([0, 20, 60]) } : {}),
    ...(chance.oneIn(4) ? { leaseMs: chance.pick([100, 5000, 60_000]) } : {}),
    ...(chance.oneIn(6) ? { maxBytes: chance.pick([1, 500]) } : {}),
    ...(chance.oneIn(4) ? { consumer: "fuzz" } : {}),
  });

const settle: GoodRequest = (state, chance) => {
  if (state.leases.length === 0) return null;
  const { topic, group, id, offsets } = chance.pick(state.leases.slice(-5));
  const [ack, retry, release, deadLetter]: number[][] = [[], [], [], []];
  const ways = [ack!, ack!, ack!, retry!, release!, deadLetter!];
  for (const offset of offsets) if (!chance.oneIn(8)) chance.pick(ways).push(offset);
  const body = chance.oneIn(3)
    ? { ack: "all" }
    : {
        ack,
        release,
        retry: retry!.map((offset) => ({
          offset,
          ...(chance.oneIn(2) ? { delayMs: chance.int(0, 50) } : {}),
        })),
        deadLetter: deadLetter!.map((offset) => ({ offset, ...(chance.oneIn(2) ? { reason: "odd" } : {}) })),
      };
  return draft("POST", [...groupPath(topic, group), "leases", id, "settle"], body);
};

const extend: GoodRequest = (state, chance) => {
  if (state.leases.length === 0) return null;
  const { topic, group, id, offsets } = chance.pick(state.leases.slice(-5));
  const ack = offsets.slice(0, chance.int(0, offsets.length));
  return draft("POST", [...groupPath(topic, group), "leases", id, "extend"], { leaseMs: 500, ack });
};

const seek: GoodRequest = (state, chance, prefix) => {
  const to = chance.pick<unknown>([
    "earliest",
    "latest",
    { timestamp: chance.pick<unknown>([0, 1, "2030-01-01T00:00:00Z"]) },
    { offsets: { "0": chance.int(0, 5), ...(chance.oneIn(2) ? { "1": 0 } : {}) } },
  ]);
  return draft("POST", [...anyGroupPath(state, chance, prefix), "seek"], { to });
};

const steer: GoodRequest = (state, chance, prefix) => {
  // A group that stays paused hands nothing out: resumed three times as often.
  const action = chance.pick(["pause", "resume", "resume", "resume"]);
  return draft("POST", [...anyGroupPath(state, chance, prefix), action]);
};

const listDeadLetters: GoodRequest = (state, chance, prefix) => {
  const path = [...anyGroupPath(state, chance, prefix), "dead-letters"];
  const query: [string, string][] = chance.oneIn(2) ? [["limit", String(chance.int(1, 20))]] : [];
  return draft("GET", path, undefined, { query });
};

const redrive: GoodRequest = (state, chance) => {
  if (state.deadLetters.length === 0) return null;
  const { topic, group, partition, offset } = chance.pick(state.deadLetters);
  const body = chance.oneIn(2) ? { all: true } : { messages: [{ partition, offset }] };
  return draft("POST", [...groupPath(topic, group), "dead-letters", "redrive"], body);
};

const credit: GoodRequest = (state, chance) => {
  if (state.tickets.length === 0) return null;
  const { topic, ticket } = chance.pick(state.tickets);
  return draft("POST", [...topicPath(topic), "gate", "credit"], { ticket });
};

const read: GoodRequest = (state, chance, prefix) => {
  const { topic, group } = anyGroup(state, chance, prefix);
  const name = chance.oneIn(4) ? `${topic}.${group}.dlq` : topic;
  const from = chance.pick(["earliest", "latest", "0", "3", "time:0", "time:2030-01-01T00:00:00Z"]);
  const path = [...topicPath(name), "partitions", String(chance.int(0, 2)), "messages"];
  return draft("GET", path, undefined, {
    query: [
      ["from", from],
      ["limit", String(chance.int(1, 50))],
    ],
  });
};

const look: GoodRequest = (state, chance, prefix) => {
  const { topic, group } = anyGroup(state, chance, prefix);
  const ticket = state.tickets[0]?.ticket ?? "x";
  return draft(
    "GET",
    chance.pick([
      ...[
        topicPath(topic),
        groupPath(topic, group),
        [...topicPath(topic), "groups"],
        topicPath(`${topic}.${group}.dlq`),
      ],
      ...[["v1", "tickets", ticket], ["healthz"], ["readyz"], ["metrics"]],
    ]),
  );
};

const remove: GoodRequest = (state, chance, prefix) => {
  const { topic, group } = anyGroup(state, chance, prefix);
  return draft("DELETE", chance.oneIn(3) ? topicPath(topic) : groupPath(topic, group));
};

const aboutLine: GoodRequest = (state, chance, prefix) => goodLineRequest(state, chance, prefix);

const aboutTasks: GoodRequest = (state, chance, prefix) => goodTaskRequest(state, chance, prefix);

/** What is listed more often happens more often. */
const kinds: readonly GoodRequest[] = [
  ...[aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks],
  ...[aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks, aboutTasks],
  ...[publish, publish, publish, publish, publish, publishRaw, putTopic, putTopic, putGroup, putGroup],
  ...[aboutLine, aboutLine, aboutLine, aboutLine, aboutLine, aboutLine, aboutLine, aboutLine],
  ...[receive, receive, receive, receive, receive, settle, settle, settle, settle, extend, extend],
  ...[
    seek,
    steer,
    listDeadLetters,
    listDeadLetters,
    redrive,
    redrive,
    credit,
    credit,
    read,
    read,
    look,
    look,
    flow,
    flow,
    flow,
    remove,
  ],
];

/** A request that fits what the session knows. A session begins with a topic and something in it. */
export function goodRequest(state: SessionState, chance: Chance, prefix: string): Draft {
  if (state.topics.size === 0 && chance.oneIn(2)) return putTopic(state, chance, prefix)!;
  for (;;) {
    const made = chance.pick(kinds)(state, chance, prefix);
    if (made !== null) return made;
  }
}
