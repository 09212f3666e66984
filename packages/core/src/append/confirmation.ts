import { TidegateError } from "@tidegate/contracts";
import { answerOf, type Context, send } from "../context.ts";
import { addressOf, isCluster } from "../redis/cluster-connection.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { toTidegateError } from "../redis/errors.ts";
import { runScript } from "../redis/script.ts";
import { appendUnits } from "../redis/scripts.gen.ts";
import type { AppendCall } from "./append-call.ts";

/**
 * When a publish is answered. `leader`: it is in the log of the master. `replicas`: and at least one replica has it.
 * `fsync`: and it is on the master's disk.
 */
export type Acks = "leader" | "replicas" | "fsync";

export const acksLevels = ["leader", "replicas", "fsync"] as const satisfies readonly Acks[];

/** How long a replica or the disk is waited for before NOT_REPLICATED. */
const confirmTimeoutMs = 1000;

/** A connection that appends and their WAITs go over. */
interface Line {
  readonly connection: RedisConnection;
  /**
   * Rejected when the connection breaks. A client that reconnects would send a WAIT again that had no answer, on a
   * connection that wrote nothing: whatever the append's fate, such a WAIT is confirmed at once.
   */
  readonly broken: Promise<never>;
}

/**
 * Appends that wait for more than the master. WAIT speaks of the writes of its own connection and blocks it, so these
 * calls have a connection of their own for each node, and WAIT follows the append on it in one pipeline.
 */
export class Confirmation {
  readonly #context: Context;
  readonly #lines = new Map<string, Line>();
  readonly #nodeOfKey = new Map<string, string>();
  #fsync: Promise<"always" | "waitaof" | "none"> | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Throws ACKS_UNSUPPORTED when this Redis cannot confirm at that level. */
  async require(acks: Exclude<Acks, "leader">): Promise<void> {
    if (acks === "fsync" && (await this.#fsyncMeans()) === "none") {
      throw new TidegateError(
        "ACKS_UNSUPPORTED",
        "fsync needs a Redis with WAITAOF (7.2) and AOF on, or appendfsync always",
        { field: "acks", limit: "leader, replicas" },
      );
    }
  }

  /** Runs an append call and waits for its confirmation. @throws NOT_REPLICATED when it stays out */
  async append(call: AppendCall, acks: Exclude<Acks, "leader">, timeoutMs: number): Promise<unknown> {
    const giveUpAt = Date.now() + timeoutMs;
    const means = acks === "fsync" ? await this.#fsyncMeans() : "none";
    const wait =
      acks === "replicas"
        ? ["WAIT", 1, confirmTimeoutMs]
        : means === "waitaof"
          ? ["WAITAOF", 1, 0, confirmTimeoutMs]
          : null;
    for (let redirects = 0; ; redirects += 1) {
      const line = this.#lineOf(call.keys.meta);
      const answered = <T>(reply: Promise<T>, name: string) =>
        answerOf(this.#context, Math.max(1, giveUpAt - Date.now()), Promise.race([reply, line.broken]), name);
      let waited = Promise.resolve(true);
      // Behind each sending of the script: the first one's text may be unknown, and then nothing was written.
      const onSent = () => {
        if (wait === null) return;
        waited = this.#confirmed(line.connection, wait);
        waited.catch(() => {});
      };
      try {
        const { keys, args, rest } = call;
        const sent = runScript(line.connection, appendUnits, keys, args, rest, onSent);
        const reply = await answered(sent, appendUnits.name);
        if (wait === null || (await answered(waited, `${wait[0]}`))) return reply;
      } catch (error) {
        if (redirects < 8 && this.#followMoved(call.keys.meta, error)) continue;
        this.#drop(line);
        throw toTidegateError(error);
      }
      throw new TidegateError("NOT_REPLICATED", undefined, { acks });
    }
  }

  /** Ends the connections. */
  stop(): void {
    for (const { connection } of this.#lines.values()) connection.disconnect();
    this.#lines.clear();
  }

  async #confirmed(connection: RedisConnection, wait: readonly (string | number)[]): Promise<boolean> {
    const [command, ...args] = wait as [string, ...number[]];
    const reply = await connection.callBuffer(command, ...args);
    return Number(Array.isArray(reply) ? reply[0] : reply) >= 1;
  }

  #lineOf(key: string): Line {
    const node = this.#nodeOfKey.get(key) ?? "any";
    const known = this.#lines.get(node);
    if (known) return known;
    const connection = this.#open(node);
    connection.on("error", () => {});
    const broken = new Promise<never>((_, reject) => {
      const onBroken = () => {
        this.#drop(line);
        reject(new TidegateError("REDIS_UNAVAILABLE", "The connection broke before the write was confirmed"));
      };
      connection.on("close", onBroken);
      connection.on("end", onBroken);
    });
    broken.catch(() => {});
    const line = { connection, broken };
    this.#lines.set(node, line);
    return line;
  }

  #open(node: string): RedisConnection {
    const { redis } = this.#context;
    if (!isCluster(redis)) return redis.duplicate();
    const masters = redis.nodes("master");
    const owner = masters.find((master) => addressOf(master) === node) ?? masters[0];
    if (!owner) throw new TidegateError("REDIS_UNAVAILABLE", "The cluster has no master that can be reached");
    return owner.duplicate();
  }

  /** On a cluster a node tells who has the key: `MOVED slot host:port`. */
  #followMoved(key: string, error: unknown): boolean {
    const message = error instanceof Error ? error.message : "";
    const moved = /MOVED \d+ (\S+)/.exec(message);
    if (moved === null) return false;
    this.#nodeOfKey.set(key, moved[1]!);
    return true;
  }

  #drop(line: Line): void {
    for (const [node, known] of this.#lines) if (known === line) this.#lines.delete(node);
    line.connection.disconnect();
  }

  #fsyncMeans(): Promise<"always" | "waitaof" | "none"> {
    this.#fsync ??= this.#findFsyncMeans().catch((error) => {
      this.#fsync = null;
      throw error;
    });
    return this.#fsync;
  }

  async #findFsyncMeans(): Promise<"always" | "waitaof" | "none"> {
    const persistence = String(await send(this.#context, "INFO", "persistence"));
    if (!/aof_enabled:1/.test(persistence)) return "none";
    const [known] = (await send(this.#context, "COMMAND", "INFO", "WAITAOF")) as [unknown];
    if (known) return "waitaof";
    const setting = (await send(this.#context, "CONFIG", "GET", "appendfsync")) as unknown[];
    return String(setting[1]) === "always" ? "always" : "none";
  }
}
