import { createHash } from "node:crypto";
import { limits, TidegateError } from "@tidegate/contracts";
import type { Engine, OutgoingMessage } from "@tidegate/core";
import type { Job } from "bullmq";
import type { ChildOutput, PublishedMessage, TaskContext } from "../define/task-context.ts";
import type { Attempt } from "./attempt.ts";

/** What the contexts of a task's runs stand on. */
export interface RunGround {
  readonly engine: Engine;
  /** Prefix of BullMQ's keys. */
  readonly queuePrefix: string;
  /** Appends a line to the run's log, of which so many are kept. */
  readonly addLog: (id: string, line: string, keep: number) => Promise<unknown>;
}

/** What a handler knows of its run. What it calls behind the end of its attempt is refused with TASK_STATE. */
export class RunContext implements TaskContext {
  readonly attempt: number;
  readonly #job: Job;
  readonly #attempt: Attempt;
  readonly #ground: RunGround;
  #published = 0;

  constructor(job: Job, attempt: Attempt, number: number, ground: RunGround) {
    this.attempt = number;
    this.#job = job;
    this.#attempt = attempt;
    this.#ground = ground;
  }

  get id(): string {
    return this.#job.id!;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  get enqueuedAt(): number {
    return this.#job.timestamp;
  }

  get engine(): Engine {
    return this.#ground.engine;
  }

  // Handlers take it apart, `async (input, { signal, log }) => …`: what is taken out knows whose it is, and is made when it is taken.
  get progress(): TaskContext["progress"] {
    return (value) => quietly(this.#progress(value));
  }

  get log(): TaskContext["log"] {
    return (line) => quietly(this.#log(line));
  }

  get children(): TaskContext["children"] {
    return () => this.#children();
  }

  get publish(): TaskContext["publish"] {
    return (topic, message) => quietly(this.#publish(topic, message));
  }

  async #children(): Promise<ChildOutput[]> {
    const { queuePrefix } = this.#ground;
    const values = await this.#job.getChildrenValues<unknown>();
    return Object.entries(values ?? {}).map(([key, output]) => {
      const name = key.slice(queuePrefix.length + 1);
      const colon = name.indexOf(":");
      return { task: name.slice(0, colon), id: name.slice(colon + 1), output };
    });
  }

  async #progress(value: unknown): Promise<void> {
    this.#requireCurrent();
    const text = jsonOf(value);
    if (text === null) throw invalid("progress", "must be a JSON value");
    if (Buffer.byteLength(text) > limits.taskProgressBytes)
      throw invalid("progress", "is too large as JSON", limits.taskProgressBytes);
    await this.#job.updateProgress((value ?? null) as object);
  }

  async #log(line: string): Promise<void> {
    this.#requireCurrent();
    const text = cutBytes(String(line), limits.taskLogLineBytes);
    await this.#ground.addLog(this.id, text, limits.taskLogLines);
  }

  async #publish(topic: string, message: OutgoingMessage): Promise<PublishedMessage> {
    this.#requireCurrent();
    const job = this.#job;
    // Numbered when it is called, not when Redis answers: the same number each time that the run comes this way.
    const number = this.#published++;
    const idempotencyKey = message.idempotencyKey ?? shortKey(`task:${job.name}:${job.id}:publish:${number}`);
    const { outcomes } = await this.#ground.engine.append(topic, [{ ...message, idempotencyKey }]);
    const outcome = outcomes[0]!;
    if (outcome.status === "refused") throw outcome.error;
    const { partition, duplicate } = outcome;
    return { partition, offset: outcome.status === "appended" ? outcome.offset : null, duplicate };
  }

  #requireCurrent(): void {
    if (this.#attempt.over)
      throw new TidegateError("TASK_STATE", "The attempt is over: what it still does does not count", {
        task: this.#job.name,
        id: this.id,
      });
  }
}

/** An idempotency key as it is, or, where it is too long for one, its digest. */
export function shortKey(key: string): string {
  if (Buffer.byteLength(key) <= limits.idempotencyKeyBytes) return key;
  return `task:${createHash("sha256").update(key).digest("base64url")}`;
}

/** The JSON text of a value, null for none; null where there is none either. */
export function jsonOf(value: unknown): string | null {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? null;
  } catch {
    return null;
  }
}

/** A handler need not await it: that it failed must not end the process. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function cutBytes(text: string, most: number): string {
  if (text.length * 3 <= most) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // Not in the middle of a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}

function invalid(field: string, what: string, limit?: number): TidegateError {
  return new TidegateError("INVALID", `${field} ${what}`, limit === undefined ? { field } : { field, limit });
}
