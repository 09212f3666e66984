const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Every limit of the wire and of the engine, in one place. Times in milliseconds, sizes in bytes. */
export const limits = {
  topicNameLength: 200,
  groupNameLength: 100,
  partitions: 1024,
  keyBytes: kibibyte,
  valueBytes: mebibyte,
  headers: 64,
  headerBytes: 4 * kibibyte,
  headersBytes: 16 * kibibyte,
  idempotencyKeyBytes: 256,
  requestMessages: 1000,
  requestBytes: 8 * mebibyte,
  batchBytes: mebibyte,
  /** What a compressed batch may unpack to. */
  unpackedBatchBytes: 16 * mebibyte,
  delayMs: 365 * day,
  receiveMessages: 1000,
  receiveBytes: 16 * mebibyte,
  receiveWaitMs: 30 * second,
  leaseMsMin: 100,
  leaseMs: 12 * hour,
  maxDeliveries: 1000,
  backoffMs: day,
  retryDelayMs: 365 * day,
  consumerLength: 200,
  reasonLength: 1000,
  gateIdLength: 100,
  gatePerKey: 1000,
  redirectToLength: 2048,
  /** Gates of the past whose counters a topic keeps, so that their tickets can still be credited. */
  pastGates: 16,
  /** How often an append follows a topic that changes under it. */
  staleRetries: 5,
  /** Partitions over which one script can keep an exact capacity. */
  gateCapacityPartitions: 64,
  /** Visitors of one waiting line. */
  lineVisitors: 10_000_000,
  lineLag: 100_000,
  lineMsMin: second,
  lineMs: day,
  lineJoinsPerSecond: 1_000_000,
  /** Of a visitor's or an admission's token. */
  lineTokenLength: 200,
  redriveMessages: 1000,
  /** Dead letters read or handed back in one Redis call. */
  deadLettersAtATime: 100,
  readMessages: 1000,
  /** Messages of a rate, and of its burst. */
  rate: 1_000_000,
  rateIntervalMs: day,
  concurrency: 1_000_000,
  headerNameLength: 256,
  /** Keys that may be pinned or paused in a group at a time. */
  flowKeys: 1000,
  flowKeysAtATime: 100,
  pushUrlLength: 2048,
  pushBatchSize: 1000,
  pushTimeoutMsMin: 100,
  pushTimeoutMs: 15 * minute,
  pushHeaders: 20,
  pushMaxAgeMs: 365 * day,
  /** The JSON text of a result that a handler returns. */
  resultBytes: 64 * kibibyte,
  resultTtlMs: 7 * day,
  /** How long a request for a ticket may wait for a change. */
  ticketWaitMs: 30 * second,
  /** How much of a pushed request's answer is read; more where it carries a result. */
  pushAnswerBytes: 64 * kibibyte,
  pushResultBytes: 256 * kibibyte,
  pushRedirects: 3,
  /** How long an answer's Retry-After may hold a group. */
  pushRetryAfterMs: hour,
  taskNameLength: 100,
  taskIdLength: 200,
  scheduleIdLength: 200,
  deduplicationIdLength: 200,
  /** The JSON text of a task's input, and of its output. */
  taskInputBytes: mebibyte,
  taskOutputBytes: mebibyte,
  taskProgressBytes: 16 * kibibyte,
  taskLogLineBytes: 4 * kibibyte,
  taskLogLines: 1000,
  /** Runs that one request enqueues, retries or removes; and nodes of a flow. */
  tasksAtATime: 1000,
  /** All that they carry, in one call to Redis. */
  tasksBytes: 64 * mebibyte,
  flowDepth: 20,
  taskDelayMs: 100 * 365 * day,
  taskPriority: 2_097_152,
  taskAttempts: 1000,
  /** How long, and how many runs at most, are known to have been cancelled. */
  taskCancelledMs: day,
  taskCancelledRuns: 100_000,
  taskTimeoutMs: day,
  retryPerSecond: 10_000,
  cronLength: 200,
  everyMsMin: 100,
  /** Of a schedule's beginning and end, in the year 5138: longer numbers BullMQ's scripts do not write whole. */
  scheduleAt: 99_999_999_999_999,
  httpTaskRetries: 100,
  /** How much of the answer's body an HTTP task keeps. */
  httpTaskResponseBytes: 48 * kibibyte,
  flowKeyLength: 256,
} as const;

/** What holds where a request is silent. */
export const defaults = {
  partitions: 4,
  maxMessageBytes: mebibyte,
  retentionMs: 7 * day,
  /** Dead letters are kept as long as their topic's messages, and for so long at least. */
  deadLetterRetentionMs: 7 * day,
  idleMs: 7 * day,
  idempotencyWindowMs: day,
  batchBytes: 65_472,
  receiveMessages: 100,
  receiveBytes: 4 * mebibyte,
  receiveWaitMs: 0,
  leaseMs: 30 * second,
  maxDeliveries: 5,
  lineMaxLag: 1000,
  lineAdmissionMs: 2 * minute,
  lineHeadWindow: 1000,
  lineHeartbeatMs: 15 * second,
  lineJoinsPerSecond: 10_000,
  backoffInitialMs: second,
  backoffMaxMs: 10 * minute,
  backoffFactor: 2,
  resultTtlMs: hour,
  pushBatchSize: 1,
  pushTimeoutMs: 30 * second,
  pushMaxAgeMs: day,
  taskAttempts: 3,
  taskBackoffMs: second,
  taskTimeoutMs: 5 * minute,
  taskConcurrency: 10,
  /** How long and how many of a task's ended runs are kept. */
  taskCompletedMs: hour,
  taskCompletedCount: 10_000,
  taskFailedMs: 7 * day,
  taskFailedCount: 10_000,
} as const;

const nameCharacters = /^[A-Za-z0-9._-]+$/;
const groupCharacters = /^[A-Za-z0-9_-]+$/;

/** Suffix of the topics that show dead-letter logs: `<topic>.<group>.dlq`. Reserved. */
export const deadLetterSuffix = ".dlq";

/** Whether a topic may be created under this name. `.` and `..` are refused, since URLs swallow them. */
export function isTopicName(name: string): boolean {
  if (name === "." || name === ".." || name.endsWith(deadLetterSuffix)) return false;
  return name.length <= limits.topicNameLength && nameCharacters.test(name);
}

/** Whether a group may have this name: no dots, so that `<topic>.<group>.dlq` reads one way only. */
export function isGroupName(name: string): boolean {
  return name.length <= limits.groupNameLength && groupCharacters.test(name);
}

/** Whether a text is an absolute URL that a browser can be sent to. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** The parts of `<topic>.<group>.dlq`, or null when the name is not of that form. */
export function parseDeadLetterTopic(name: string): { topic: string; group: string } | null {
  if (!name.endsWith(deadLetterSuffix)) return null;
  const stem = name.slice(0, -deadLetterSuffix.length);
  const dot = stem.lastIndexOf(".");
  if (dot < 1) return null;
  const topic = stem.slice(0, dot);
  const group = stem.slice(dot + 1);
  return isTopicName(topic) && isGroupName(group) ? { topic, group } : null;
}

/** The name under which the dead letters of a group are read. */
export function deadLetterTopic(topic: string, group: string): string {
  return `${topic}.${group}${deadLetterSuffix}`;
}
