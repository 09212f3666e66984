/**
 * Every key and channel of the engine is made here, and only here. Everything of a partition carries one hash tag, so
 * that one script is atomic over it on a cluster; a topic placed together shares one tag over its partitions.
 */
export interface KeySpace {
  readonly namespace: string;
}

/** What is needed to name a partition's keys. */
export interface PartitionAddress {
  readonly topic: string;
  readonly partition: number;
  readonly placement: "spread" | "together";
  /** The group whose dead-letter log this is, when it is one. */
  readonly deadLettersOf?: string;
}

/** Hash: topic -> JSON of its registry entry. */
export const topicsKey = (space: KeySpace): string => `{${space.namespace}}:topics`;
/** Hash: topicId -> name of the topic that has it. */
export const topicIdsKey = (space: KeySpace): string => `{${space.namespace}}:topic-ids`;
/** String: 32 random bytes that sign tickets. */
export const secretKey = (space: KeySpace): string => `{${space.namespace}}:secret`;
/** Hash: generation of the signing keys of pushed requests, and when it began. */
export const signingKey = (space: KeySpace): string => `{${space.namespace}}:signing`;
/** The keys of figures. They lie under one tag of their own. */
export interface FigureKeys {
  /** Hash: topic -> JSON of its figures, summed over its partitions. */
  readonly sums: string;
  /** Hash: `<topic>/<partition>` -> its figures, in words. */
  readonly partitions: string;
}

/** Names the keys of figures. No topic has a slash in its name. */
export function figureKeys({ namespace }: KeySpace): FigureKeys {
  const tag = `{${namespace}/figures}`;
  return { sums: `${tag}:sums`, partitions: `${tag}:partitions` };
}

/** Channel on which dispatchers are told that a push group was made, changed or deleted. */
export const pushChannel = (space: KeySpace): string => `{${space.namespace}}:push`;
/** Channel that nobody listens to: a doctor sees whether publishing is allowed. */
export const doctorChannel = (space: KeySpace): string => `{${space.namespace}}:doctor`;
/** Hash: group -> JSON of its registry entry. */
export const groupsKey = (space: KeySpace, topic: string): string => `{${space.namespace}:${topic}}:groups`;

function base(space: KeySpace, address: PartitionAddress): string {
  const { topic, partition, placement } = address;
  const tag =
    placement === "together" ? `{${space.namespace}:${topic}}` : `{${space.namespace}:${topic}:${partition}}`;
  const origin = `${tag}:${partition}`;
  return address.deadLettersOf === undefined ? origin : `${origin}:dead:${address.deadLettersOf}`;
}

/** The keys of one partition's log. */
export interface PartitionKeys {
  /** Hash: end, start, counters, a copy of the topic's settings. */
  readonly meta: string;
  /** Stream: one entry a record batch, id `<last offset>-<count>`. */
  readonly log: string;
  /** Sorted set: time -> `<offset>:<bytes before it>`. */
  readonly marks: string;
  /** Hash: group -> `<committed offset>,<seen at>`. */
  readonly floors: string;
  /** Sorted set: due time -> number of the delayed message. */
  readonly delayed: string;
  /** Hash: number of the delayed message -> its record batch. */
  readonly bodies: string;
  /** Hashes that take turns: appender -> `<sequence>;<answer>`. */
  readonly appenders0: string;
  readonly appenders1: string;
  /** Hashes that take turns: idempotency key -> `<place>,<hash of the message>`. */
  readonly repeats0: string;
  readonly repeats1: string;
  /** Hashes that take turns: number of a delayed message that was due -> its offset. */
  readonly promoted0: string;
  readonly promoted1: string;
  /** Channel on which waiting consumers are told to look. */
  readonly channel: string;
}

/** Names a partition's keys. */
export function partitionKeys(space: KeySpace, address: PartitionAddress): PartitionKeys {
  const prefix = base(space, address);
  return {
    meta: `${prefix}:meta`,
    log: `${prefix}:log`,
    marks: `${prefix}:marks`,
    floors: `${prefix}:floors`,
    delayed: `${prefix}:delayed`,
    bodies: `${prefix}:delayed-bodies`,
    appenders0: `${prefix}:appenders:0`,
    appenders1: `${prefix}:appenders:1`,
    repeats0: `${prefix}:repeats:0`,
    repeats1: `${prefix}:repeats:1`,
    promoted0: `${prefix}:promoted:0`,
    promoted1: `${prefix}:promoted:1`,
    channel: `${prefix}:wake`,
  };
}

/** The keys of one group in one partition. */
export interface GroupKeys {
  /** Hash: cursor, counters, a copy of the group's settings. */
  readonly state: string;
  /** Sorted set: first offset -> holder. */
  readonly outstanding: string;
  /** Sorted set: deadline or due time -> holder. */
  readonly due: string;
  /** Hash: holder -> what it holds, packed. */
  readonly holders: string;
  /** Hashes that take turns: settled lease -> its answer. */
  readonly settled0: string;
  readonly settled1: string;
  /** Hash: offset -> result that its handler gave. */
  readonly results: string;
  /** Sorted set: time until which a result is kept -> offset. */
  readonly resultsEnd: string;
  /** Hashes that take turns: offset -> why it was given up. */
  readonly failed0: string;
  readonly failed1: string;
}

/** Names a group's keys in a partition. */
export function groupKeys(space: KeySpace, address: PartitionAddress, group: string): GroupKeys {
  const prefix = `${base(space, address)}:group:${group}`;
  return {
    state: `${prefix}:state`,
    outstanding: `${prefix}:outstanding`,
    due: `${prefix}:due`,
    holders: `${prefix}:holders`,
    settled0: `${prefix}:settled:0`,
    settled1: `${prefix}:settled:1`,
    results: `${prefix}:results`,
    resultsEnd: `${prefix}:results-end`,
    failed0: `${prefix}:failed:0`,
    failed1: `${prefix}:failed:1`,
  };
}

/** The keys of a group on lanes: all of its topic under one tag, so that its limits are exact over partitions. */
export interface LaneKeys {
  /** Hash: a copy of the group's settings, what it is held to, sums over its partitions. */
  readonly state: string;
  /** Hash: partition -> where the lanes stand there, packed. */
  readonly partitions: string;
  /** Sorted set, all scores 0: the messages that wait, by lane. */
  readonly queue: string;
  /** Sorted set: time from which a lane may go, in µs -> lane. */
  readonly turns: string;
  /** Hash: lane -> what is known of it, packed. */
  readonly lanes: string;
  /** Sorted set: virtual time of a lane's rate -> lane. */
  readonly times: string;
  /** Hash: lane -> what an operator has set of it, packed. */
  readonly pins: string;
  /** Hash: lease -> what it holds, packed. */
  readonly leases: string;
  /** Sorted set: deadline of a lease, or due time of a retry -> either. */
  readonly due: string;
  /** Hash: place of a message that was delivered -> how often. */
  readonly attempts: string;
  /** Sorted set: number of the burial -> message that awaits it. */
  readonly exhausted: string;
  /** Hash: place of a message that awaits its burial -> why. */
  readonly reasons: string;
  /** Hashes that take turns: settled lease -> its answer, take -> its partitions. */
  readonly settled0: string;
  readonly settled1: string;
}

const laneTag = (space: KeySpace, topic: string, group: string): string =>
  `{${space.namespace}:${topic}:g:${group}}`;

/** Names the keys of a group on lanes. */
export function laneKeys(space: KeySpace, topic: string, group: string): LaneKeys {
  const tag = laneTag(space, topic, group);
  return {
    state: `${tag}:state`,
    partitions: `${tag}:partitions`,
    queue: `${tag}:queue`,
    turns: `${tag}:turns`,
    lanes: `${tag}:lanes`,
    times: `${tag}:times`,
    pins: `${tag}:pins`,
    leases: `${tag}:leases`,
    due: `${tag}:due`,
    attempts: `${tag}:attempts`,
    exhausted: `${tag}:exhausted`,
    reasons: `${tag}:reasons`,
    settled0: `${tag}:settled:0`,
    settled1: `${tag}:settled:1`,
  };
}

/** What of a partition's messages has ended, of those that went into the lanes. */
export interface EndedKeys {
  /** String: a bit for each message from the base on. */
  readonly done: string;
  /** Sorted set: messages before the base that have not ended. */
  readonly late: string;
}

/** Names the keys of what has ended of a partition, beside those of its group's lanes. */
export function endedKeys(space: KeySpace, topic: string, group: string, partition: number): EndedKeys {
  const prefix = `${laneTag(space, topic, group)}:${partition}`;
  return { done: `${prefix}:done`, late: `${prefix}:late` };
}

/** Channel on which those who wait for a group on lanes are told to look. */
export const laneChannel = (space: KeySpace, topic: string, group: string): string =>
  `${laneTag(space, topic, group)}:wake`;

/** Channel on which those who wait for results of a partition are told to look. */
export const resultsChannel = (space: KeySpace, address: PartitionAddress): string =>
  `${base(space, address)}:results-wake`;

/** The keys of a gate. They lie under the tag of the partition that appends, so a gate needs one tag for its topic. */
export interface GateKeys {
  /** Hash: admitted, credited, refused. */
  readonly gate: string;
  /** Hash: message key -> times of its admissions. */
  readonly gateKeys: string;
  /** Sorted set: time from which a key's admissions no longer count -> message key. */
  readonly gateExpiry: string;
  /** Hash: place of a message whose stock was given back -> units. */
  readonly gateCredits: string;
}

/** Names a gate's keys. A spread topic may have a gate with stock only while it has one partition, number 0. */
export function gateKeys(
  space: KeySpace,
  topic: string,
  placement: "spread" | "together",
  id: string,
): GateKeys {
  const tag = placement === "together" ? `{${space.namespace}:${topic}}` : `{${space.namespace}:${topic}:0}`;
  const prefix = `${tag}:gate:${id}`;
  return {
    gate: prefix,
    gateKeys: `${prefix}:keys`,
    gateExpiry: `${prefix}:expiry`,
    gateCredits: `${prefix}:credits`,
  };
}

/** The keys of a topic's waiting line. They lie under the tag of its gate, so that an append can ask for an admission. */
export interface LineKeys {
  /** Hash: settings, seed, how many joined, which places were called. */
  readonly line: string;
  /** Sorted set: time until which a place that was called may claim its admission -> place. */
  readonly called: string;
  /** Sorted set: end of an admission that was not used yet -> place. */
  readonly admitted: string;
  /** Hash: place near the head -> when it was last heard of. */
  readonly seen: string;
  /** Sorted set: place -> place, of those who came back after they were passed over. */
  readonly returned: string;
  /** Strings of bits by place: whether it had its admission, and whether that was used. */
  readonly claimed: string;
  readonly used: string;
  /** Hashes that take turns: idempotency key of a join -> number. */
  readonly joins0: string;
  readonly joins1: string;
}

/** Names the keys of a topic's waiting line. */
export function lineKeys(space: KeySpace, topic: string, placement: "spread" | "together"): LineKeys {
  const tag = placement === "together" ? `{${space.namespace}:${topic}}` : `{${space.namespace}:${topic}:0}`;
  const prefix = `${tag}:line`;
  return {
    line: prefix,
    called: `${prefix}:called`,
    admitted: `${prefix}:admitted`,
    seen: `${prefix}:seen`,
    returned: `${prefix}:returned`,
    claimed: `${prefix}:claimed`,
    used: `${prefix}:used`,
    joins0: `${prefix}:joins:0`,
    joins1: `${prefix}:joins:1`,
  };
}

/** The keys of tasks. They lie under the tag of BullMQ's queues; no topic has a slash in its name. */
export interface TaskKeys {
  /** Prefix of BullMQ's keys, which go on with `:<task>:`. */
  readonly queuePrefix: string;
  /** Hash: task -> JSON of its definition. */
  readonly definitions: string;
  /** Sorted set: when it was cancelled -> `<task>/<id>`. */
  readonly cancelled: string;
  /** Channel on which workers are told that a run was cancelled. */
  readonly cancels: string;
}

/** Names the keys of tasks. BullMQ's have a queue's name behind the tag, where ours have a slash. */
export function taskKeys(space: KeySpace): TaskKeys {
  const tag = taskTag(space);
  return {
    queuePrefix: tag,
    definitions: `${tag}/definitions`,
    cancelled: `${tag}/cancelled`,
    cancels: `${tag}/cancels`,
  };
}

/** Keys of BullMQ 6 in a task's queue. Its own scripts write there, and `enqueue-runs` as they do. */
export interface TaskQueueKeys {
  /** Hash: one run. */
  readonly job: string;
  /** Sorted sets: when it ended -> id. */
  readonly completed: string;
  readonly failed: string;
  /** Sorted set: when it is due, with twelve bits for the order -> id. */
  readonly delayed: string;
  /** List: ids of what workers have. */
  readonly active: string;
  /** Sorted set of those that wait for others. */
  readonly waitingChildren: string;
  /** Hash: settings of the queue. */
  readonly meta: string;
  /** List: ids of what waits without a priority. */
  readonly wait: string;
  /** Sorted set: what wakes workers. */
  readonly marker: string;
  /** Stream: what happens to runs. */
  readonly events: string;
  /** String: how many runs there were. */
  readonly counter: string;
}

/** Names BullMQ's keys of a queue, and of one run in it. */
export function taskQueueKeys(space: KeySpace, task: string, id: string): TaskQueueKeys {
  const prefix = `${taskTag(space)}:${task}`;
  return {
    job: `${prefix}:${id}`,
    completed: `${prefix}:completed`,
    failed: `${prefix}:failed`,
    delayed: `${prefix}:delayed`,
    active: `${prefix}:active`,
    waitingChildren: `${prefix}:waiting-children`,
    meta: `${prefix}:meta`,
    wait: `${prefix}:wait`,
    marker: `${prefix}:marker`,
    events: `${prefix}:events`,
    counter: `${prefix}:id`,
  };
}

/** Hash: schedule -> JSON of how it was set. */
export const taskSchedulesKey = (space: KeySpace, task: string): string =>
  `${taskTag(space)}/schedules:${task}`;

const taskTag = ({ namespace }: KeySpace): string => `{${namespace}/tasks}`;
