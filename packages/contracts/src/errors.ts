/**
 * The one table of errors: the HTTP body, the SDK's error, the codes that Lua scripts answer with and the
 * documentation all come from it. `retryable` means: the same request may succeed later without a change.
 */
export const errorTable = {
  INVALID: { status: 422, retryable: false, title: "A field is missing, malformed or outside its limit" },
  INVALID_JSON: { status: 400, retryable: false, title: "The body is not valid JSON" },
  MALFORMED_REQUEST: { status: 400, retryable: false, title: "The request is not valid HTTP" },
  NOT_SUPPORTED: { status: 422, retryable: false, title: "This version does not offer that feature" },
  UNAUTHORIZED: { status: 401, retryable: false, title: "A valid bearer token is required" },
  SIGNATURE_INVALID: { status: 401, retryable: false, title: "The request does not carry a valid signature" },
  SIGNATURE_EXPIRED: {
    status: 401,
    retryable: false,
    title: "The signature is from another time than the tolerance allows",
  },
  SIGNATURE_REPLAYED: { status: 401, retryable: false, title: "The signed request was accepted before" },
  FORBIDDEN: { status: 403, retryable: false, title: "The token's scopes do not allow this" },
  NOT_FOUND: { status: 404, retryable: false, title: "There is nothing at this address" },
  TOPIC_NOT_FOUND: { status: 404, retryable: false, title: "The topic does not exist" },
  PARTITION_NOT_FOUND: { status: 404, retryable: false, title: "The topic has no such partition" },
  GROUP_NOT_FOUND: { status: 404, retryable: false, title: "The group does not exist" },
  LINE_NOT_FOUND: { status: 404, retryable: false, title: "The topic has no waiting line" },
  TASK_NOT_FOUND: { status: 404, retryable: false, title: "No such task is known here" },
  SCHEDULE_NOT_FOUND: { status: 404, retryable: false, title: "The task has no such schedule" },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, title: "The resource does not know this method" },
  OFFSET_OUT_OF_RANGE: { status: 422, retryable: false, title: "The offset lies outside the log" },
  SOLD_OUT: { status: 409, retryable: false, title: "The gate's stock is used up" },
  KEY_LIMIT: { status: 409, retryable: false, title: "The gate's limit for this key is reached" },
  LINE_NOT_OPEN: { status: 409, retryable: true, title: "The waiting line is not that far yet" },
  NOT_YOUR_TURN: { status: 409, retryable: true, title: "The visitor's place has not been called yet" },
  ADMISSION_REQUIRED: {
    status: 403,
    retryable: false,
    title: "The topic has a waiting line, and the message carries no admission",
  },
  ADMISSION_INVALID: { status: 403, retryable: false, title: "The admission is not of this waiting line" },
  ADMISSION_EXPIRED: { status: 403, retryable: false, title: "The admission was not used in time" },
  ADMISSION_USED: { status: 409, retryable: false, title: "The admission has been used" },
  PARTLY_ADMITTED: { status: 409, retryable: false, title: "Some messages were admitted and some were not" },
  LEASE_LOST: { status: 409, retryable: false, title: "The lease has ended, expired or was never given" },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    retryable: false,
    title: "The idempotency key was used with another message",
  },
  PARTITIONS_CANNOT_SHRINK: {
    status: 409,
    retryable: false,
    title: "A topic's partitions cannot become fewer",
  },
  PLACEMENT_CANNOT_CHANGE: { status: 409, retryable: false, title: "A topic's placement cannot change" },
  ORDERING_CANNOT_CHANGE: {
    status: 409,
    retryable: false,
    title: "A group's ordering cannot change while messages are leased or retried",
  },
  HANDLER_FAILED: {
    status: 502,
    retryable: false,
    title: "The message was given up by its handler, and is a dead letter",
  },
  REPLY_TIMEOUT: {
    status: 504,
    retryable: false,
    title: "No result came in time; the message is still on its way",
  },
  TASK_FAILED: { status: 502, retryable: false, title: "The run of the task has failed, or was cancelled" },
  TASK_STATE: { status: 409, retryable: false, title: "The run is in a state that does not allow this" },
  STALE_TOPIC: { status: 409, retryable: true, title: "The topic changed while the request was under way" },
  MESSAGE_TOO_LARGE: { status: 413, retryable: false, title: "A message is over its limit" },
  REQUEST_TOO_LARGE: { status: 413, retryable: false, title: "The request is over its limit" },
  ACKS_UNSUPPORTED: {
    status: 422,
    retryable: false,
    title: "This Redis cannot confirm at the level that was asked for",
  },
  BACKLOG_FULL: { status: 429, retryable: true, title: "The topic's backlog is at its limit" },
  OVERLOADED: {
    status: 503,
    retryable: true,
    title: "Redis or the server is at its limit, and nothing was done",
  },
  NOT_REPLICATED: {
    status: 503,
    retryable: true,
    title: "The message is in the log, but was not confirmed at the level that was asked for",
  },
  REDIS_UNAVAILABLE: {
    status: 503,
    retryable: true,
    title: "Redis cannot be reached, or did not answer: what was asked for may have been done",
  },
  CORRUPT_BATCH: { status: 500, retryable: false, title: "A stored record batch does not decode" },
  UNREACHABLE: {
    status: 503,
    retryable: true,
    title: "The server cannot be reached, or did not answer in time",
  },
  INTERNAL: { status: 500, retryable: false, title: "An unexpected error" },
} as const;

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable;

/** What an error says beyond its code: the field it is about, the limit that was passed, when to come back. */
export interface ErrorDetails {
  /** Path of the offending field, such as `messages[3].key`. */
  readonly field?: string;
  /** The limit, in the unit that the field has. */
  readonly limit?: number | string;
  /** After how many milliseconds a retry makes sense. */
  readonly retryAfterMs?: number;
  readonly [more: string]: unknown;
}

/**
 * The error that every package throws. Tell errors apart by `code`, never by message.
 */
export class TidegateError extends Error {
  override readonly name = "TidegateError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message ?? errorTable[code].title, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** The HTTP status that goes with the code. */
  get status(): number {
    return errorTable[this.code].status;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** Whether a string is a code of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
