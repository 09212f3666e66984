import { defaults, limits, TidegateError } from "@tidegate/contracts";
import type { AppendResult } from "./append/append-result.ts";
import { Appenders } from "./append/appenders.ts";
import type { Acks } from "./append/confirmation.ts";
import type { OutgoingMessage } from "./append/message.ts";
import { type AuditReport, auditTopic } from "./audit/audit.ts";
import { type Context, send } from "./context.ts";
import { examine } from "./doctor/doctor.ts";
import type { Finding } from "./doctor/finding.ts";
import { FigureKeeper } from "./figures/figure-keeper.ts";
import { Figures } from "./figures/figures.ts";
import { Touched } from "./figures/touched.ts";
import { GroupRegistry } from "./group-verbs/group-registry.ts";
import { type Groups, openGroups } from "./group-verbs/groups.ts";
import { groupSteps } from "./group-verbs/sync-group.ts";
import { type Health, readHealth } from "./health.ts";
import { Housekeeper } from "./housekeeper.ts";
import { Lines } from "./line/lines.ts";
import type { Meter } from "./meter.ts";
import { type ReadOptions, type ReadResult, readLog } from "./read/read-log.ts";
import type { RedisConnection } from "./redis/connection.ts";
import { RedisWatch } from "./redis/redis-watch.ts";
import { type RedisUse, readRedisUse } from "./redis-use.ts";
import { requireInteger } from "./require.ts";
import { Results } from "./results/results.ts";
import { readSecret } from "./secret.ts";
import { readSigningKeys, rotateSigningKeys, type SigningKeys } from "./signing-keys.ts";
import { TaskBook } from "./tasks/task-book.ts";
import { TicketBoard } from "./tickets/ticket-board.ts";
import { type TopicCache, Topics } from "./topics/topics.ts";
import { Waker } from "./wake/waker.ts";

/** How an engine is set up. */
export interface EngineOptions {
  /** A connected client, single or cluster; the engine never ends it. */
  readonly redis: RedisConnection;
  /** Prefix of all keys; two namespaces share nothing. Default `tidegate`. */
  readonly namespace?: string | undefined;
  /** How long an append waits for others to join it, in ms. Default 0. */
  readonly lingerMs?: number | undefined;
  /** How large a shared record batch grows. Default 65,472: just under an allocator's class. */
  readonly batchBytes?: number | undefined;
  /** Bytes that may wait for Redis in this process before an append is refused with OVERLOADED. Default 256 MiB. */
  readonly queuedBytes?: number | undefined;
  /** Whether waiting consumers may subscribe; else they look now and then. Default true. */
  readonly subscribe?: boolean | undefined;
  /** How long a Redis call may stay unanswered, in ms. Default 10,000. */
  readonly callTimeoutMs?: number | undefined;
  /** Whether `start` starts a Housekeeper. Default false. */
  readonly housekeeping?: boolean | undefined;
  /** Topics as last seen, to share between the short-lived engines of an isolate. Default: one of its own. */
  readonly topicCache?: TopicCache | undefined;
  /** What knows whether Redis answers, to share in the same way. Default: one of its own. */
  readonly redisWatch?: RedisWatch | undefined;
  /** Hears what this engine does. Default: nobody. */
  readonly meter?: Meter | undefined;
  /**
   * Whether this process keeps the figures of what it changes, for `figures.read` and the console: a few short commands a second while it works.
   * Default: as `subscribe`.
   */
  readonly keepFigures?: boolean | undefined;
  /** Tests only: the clock that scripts see in place of Redis's. */
  readonly now?: (() => number) | undefined;
}

/** Topics, the log and groups on one Redis. */
export class Engine {
  readonly topics: Topics;
  readonly groups: Groups;
  readonly results: Results;
  readonly tickets: TicketBoard;
  /** Waiting lines in front of gates. */
  readonly lines: Lines;
  /** What is kept of tasks beside BullMQ. */
  readonly taskBook: TaskBook;
  /** Where all topics and groups stand, at the cost of one command. */
  readonly figures: Figures;
  readonly #context: Context;
  readonly #appenders: Appenders;
  readonly #waker: Waker;
  readonly #housekeeper: Housekeeper;
  readonly #housekeeping: boolean;
  readonly #figureKeeper: FigureKeeper | null;
  #secret: Promise<Uint8Array> | null = null;
  /** Asks a silent Redis for a sign of life. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: EngineOptions) {
    const { redis, now } = options;
    this.#context = {
      redis,
      watch: options.redisWatch ?? new RedisWatch(),
      space: { namespace: requireNamespace(options.namespace ?? "tidegate") },
      scriptNow: now ?? (() => ""),
      now: now ?? Date.now,
      callTimeoutMs: requireInteger("callTimeoutMs", options.callTimeoutMs ?? 10_000, 1, 2 ** 31 - 1),
      lingerMs: requireInteger("lingerMs", options.lingerMs ?? 0, 0, 60_000),
      batchBytes: requireInteger(
        "batchBytes",
        options.batchBytes ?? defaults.batchBytes,
        1024,
        limits.batchBytes,
      ),
      meter: options.meter ?? null,
      touched: (options.keepFigures ?? options.subscribe !== false) ? new Touched() : null,
      queuedBytes: requireInteger("queuedBytes", options.queuedBytes ?? 2 ** 28, 1, Number.MAX_SAFE_INTEGER),
    };
    this.#waker = new Waker(options.subscribe === false ? null : () => redis.duplicate());
    const topicCache: TopicCache = options.topicCache ?? new Map();
    this.topics = new Topics(this.#context, groupSteps(this.#context), topicCache);
    const registry = new GroupRegistry(this.#context, this.topics);
    this.groups = openGroups(this.#context, this.topics, registry, this.#waker);
    this.results = new Results(this.#context, registry);
    this.tickets = new TicketBoard(
      this.#context,
      this.topics,
      registry,
      this.#waker,
      topicCache,
      options.subscribe !== false,
    );
    this.#appenders = new Appenders(this.#context, this.topics);
    this.lines = new Lines(this.#context, this.topics, registry);
    this.taskBook = new TaskBook(this.#context, this.#waker);
    this.figures = new Figures(this.#context, () => this.now());
    const { touched } = this.#context;
    this.#figureKeeper = touched === null ? null : new FigureKeeper(this.#context, registry, touched);
    this.topics.onGone((name, known) => {
      if (touched !== null && known !== undefined) this.figures.forget(name, known.topicId).catch(() => {});
    });
    this.#housekeeper = new Housekeeper(this.#context, this.topics, registry, this.lines, this.figures);
    this.#housekeeping = options.housekeeping ?? false;
  }

  /** Starts what runs by itself. An engine can be used without. */
  async start(): Promise<void> {
    if (this.#housekeeping) this.#housekeeper.start();
  }

  /** Waits for appends that are under way, wakes who waits, and ends what the engine opened. Idempotent. */
  async stop(): Promise<void> {
    this.tickets.stop();
    this.#waker.stop();
    await this.#housekeeper.stop();
    await this.#appenders.stop();
    await this.#figureKeeper?.stop();
    await this.#asking;
  }

  /** Appends messages; see `Appenders.append`. */
  append(
    topic: string,
    messages: readonly OutgoingMessage[],
    options: { readonly acks?: Acks | undefined } = {},
  ): Promise<AppendResult> {
    return this.#appenders.append(topic, messages, options.acks);
  }

  /** Reads a partition without a group; see `readLog`. */
  read(topic: string, partition: number, options: ReadOptions): Promise<ReadResult> {
    return readLog(this.#context, this.topics, topic, partition, options);
  }

  /**
   * Whether Redis has answered nothing for so long while something was asked of it: then whatever is asked next waits too.
   * At once, and free, while it answers; else within an eighth of that time, and Redis is asked for a sign of life.
   */
  isRedisSilent(limitMs: number): boolean | Promise<boolean> {
    const { watch, callTimeoutMs } = this.#context;
    return watch.isSilent(limitMs, callTimeoutMs, () => {
      const asking = send(this.#context, "PING");
      this.#asking = asking.catch(() => {});
      return asking;
    });
  }

  /** Whether Redis can be reached and is fit, within a second. Never throws. */
  health(): Promise<Health> {
    return readHealth(this.#context);
  }

  /** Examines Redis for what endangers messages; see `examine`. Never throws. */
  doctor(): Promise<Finding[]> {
    return examine(this.#context);
  }

  /** What Redis, or each master of a cluster, uses of memory and the like; rejects when one does not answer in time. */
  redisUse(timeoutMs = this.#context.callTimeoutMs): Promise<RedisUse[]> {
    return readRedisUse(this.#context, timeoutMs);
  }

  /** One bounded round of housekeeping over all topics. */
  async housekeep(): Promise<void> {
    await this.#housekeeper.keep();
  }

  /** Recounts a topic from its log and its groups' state; see `auditTopic`. Ends with the signal's reason. */
  audit(topic: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<AuditReport> {
    return auditTopic(this.#context, this.topics, this.groups, topic, options.signal);
  }

  /** The 32 bytes that sign this namespace's tickets. */
  secret(): Promise<Uint8Array> {
    this.#secret ??= readSecret(this.#context).catch((error) => {
      this.#secret = null;
      throw error;
    });
    return this.#secret;
  }

  /** The keys that pushed requests are signed with, derived from the secret. */
  async signingKeys(): Promise<SigningKeys> {
    return readSigningKeys(this.#context, await this.secret());
  }

  /** Makes the next key current; see `rotateSigningKeys`. */
  async rotateSigningKeys(): Promise<SigningKeys> {
    return rotateSigningKeys(this.#context, await this.secret());
  }

  /** What Redis's clock says now, as far as this process has seen it: exact to the time of a call. */
  now(): number {
    return this.#context.now() + this.#waker.clockLead;
  }
}

function requireNamespace(namespace: string): string {
  if (/^[A-Za-z0-9._-]{1,100}$/.test(namespace)) return namespace;
  throw new TidegateError("INVALID", "A namespace has 1 to 100 characters of A-Z a-z 0-9 . _ -", {
    field: "namespace",
    limit: 100,
  });
}
