import { limits, placeOf, TidegateError } from "@tidegate/contracts";
import type { Admission } from "../append/admission.ts";
import { type Context, nonce, run, send } from "../context.ts";
import type { GroupRegistry } from "../group-verbs/group-registry.ts";
import { claimAdmission, joinLine, noteHeartbeat, putLine, viewLine } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { Topics } from "../topics/topics.ts";
import { changeLine, type Line, type LineSettings, type LineStanding, type Visitor } from "./line.ts";
import { lagKeys, lineCall, requireLineFits } from "./line-call.ts";
import { lineRefusal, parseStanding } from "./line-reply.ts";
import { lineFields, readLine } from "./read-line.ts";

/** Places that one call moves over at most. */
const stepsACall = 1000;
/** Polls move the line on at most so often, so that the many do not cost more than the few. */
const pauseMs = 100;

/** How a visitor joins. */
export interface JoinOptions {
  /** A repeat under the same key, within ten minutes, gets the same number. */
  readonly idempotencyKey?: string | undefined;
}

/** Waiting lines: one in front of a topic's gate. Any number of processes serve one. */
export class Lines {
  readonly #context: Context;
  readonly #topics: Topics;
  readonly #groups: GroupRegistry;
  /** By topic, the orders group as last seen; scripts tell when it is another one. */
  readonly #ordersGroups = new Map<string, string>();
  /** By a line's own name, its order: fixed from the start on. */
  readonly #orders = new Map<string, { shuffled: number; seed: string }>();
  readonly #views = new Map<string, Promise<LineStanding>>();

  constructor(context: Context, topics: Topics, groups: GroupRegistry) {
    this.#context = context;
    this.#topics = topics;
    this.#groups = groups;
    topics.onGone((name) => this.#ordersGroups.delete(name));
  }

  /**
   * Makes a topic's line, or changes what `settings` names of it; another id begins a new one. Repeating it changes
   * nothing. @throws TOPIC_NOT_FOUND, GROUP_NOT_FOUND, INVALID
   */
  async put(topicName: string, settings: LineSettings): Promise<{ line: Line; created: boolean }> {
    for (;;) {
      const topic = await this.#topics.get(topicName);
      requireLineFits(topic);
      const { keys, args } = lineCall(this.#context, topic);
      const before = await readLine(this.#context, keys.line, topic.topicId);
      const now = await this.#now();
      const fields = changeLine(before, settings, now);
      const created = before?.id !== fields.id;
      if (!created && (before.started || now >= before.startsAt)) requireTimesStay(before, fields);
      await this.#groups.get(topic, fields.ordersGroup);
      const seed = created ? await drawSeed() : null;
      const commitment = seed?.commitment ?? before!.commitment;
      const line = { topic: topicName, ...fields, commitment };
      if (!created && JSON.stringify(fields) === JSON.stringify(before.fields)) return { line, created };
      const written = await run(
        this.#context,
        putLine,
        keys,
        {
          now: args.now,
          topicId: topic.topicId,
          revision: before?.revision ?? "",
          nonce: created ? nonce() : "",
          opensAt: fields.opensAt,
          startsAt: fields.startsAt,
        },
        { args: lineFields(fields, seed) },
      );
      if (written === 1) return { line, created };
    }
  }

  /** Where a line stands; calls the next places when that is due. @throws TOPIC_NOT_FOUND, LINE_NOT_FOUND */
  standing(topic: string): Promise<LineStanding> {
    // Those who ask while an answer is under way share it.
    const underWay = this.#views.get(topic);
    if (underWay) return underWay;
    const asked = this.#view(topic, pauseMs).finally(() => this.#views.delete(topic));
    this.#views.set(topic, asked);
    return asked;
  }

  /** The same, and calls the next places now. */
  advance(topic: string): Promise<LineStanding> {
    return this.#view(topic, 0);
  }

  /** Ends a line: nothing is asked of publishers any more, and its visitors have no place. @throws LINE_NOT_FOUND */
  async delete(topicName: string): Promise<void> {
    const { keys } = lineCall(this.#context, await this.#topics.get(topicName));
    const { meta: _, gate: __, ...own } = keys;
    const removed = await send(this.#context, "UNLINK", ...Object.values(own));
    if (removed === 0) throw new TidegateError("LINE_NOT_FOUND", `${topicName} has no waiting line`);
  }

  /**
   * Gives the next number. @throws LINE_NOT_FOUND, LINE_NOT_OPEN before the line opens, SOLD_OUT when the gate's stock is
   * used up, OVERLOADED when more join in this second than the line takes
   */
  async join(
    topicName: string,
    { idempotencyKey = "" }: JoinOptions = {},
  ): Promise<Visitor & { id: string; duplicate: boolean; state: LineStanding["view"]["state"] }> {
    requireKey(idempotencyKey);
    const reply = await this.#topics.refreshed(topicName, async (topic) => {
      const { keys, args } = lineCall(this.#context, topic);
      return run(this.#context, joinLine, keys, { ...args, key: idempotencyKey, most: limits.lineVisitors });
    });
    const [line, number, repeat, state, id] = reply as [Buffer, number | Buffer, number, Buffer, Buffer];
    if (line.length === 0) throw lineRefusal(String(number), repeat);
    return {
      line: line.toString(),
      id: id.toString(),
      number: Number(number),
      duplicate: repeat === 1,
      state: state.toString() as LineStanding["view"]["state"],
    };
  }

  /**
   * The admission of a visitor whose place was called; a repeat gets the same one. @throws LINE_NOT_FOUND, LINE_NOT_OPEN,
   * NOT_YOUR_TURN, ADMISSION_EXPIRED, ADMISSION_USED, SOLD_OUT, INVALID for a visitor of another line
   */
  async admit(topicName: string, visitor: Visitor): Promise<Admission & { at: number }> {
    const place = await this.#placeOf(topicName, visitor);
    const reply = await this.#withLag(topicName, (topic, group) => {
      const { keys, args } = lineCall(this.#context, topic);
      const own = {
        ...{ ...args, ordersGroup: group, partitions: topic.partitions },
        ...{ nonce: visitor.line, place, steps: stepsACall },
      };
      return run(this.#context, claimAdmission, keys, own, { keys: lagKeys(this.#context, topic, group) });
    });
    const [code, expiresAt, at] = reply as [Buffer, number, number];
    if (code.length > 0) throw lineRefusal(code.toString(), expiresAt);
    return { line: visitor.line, place, expiresAt, at };
  }

  /** Notes that a visitor near the head is still there. @throws LINE_NOT_FOUND, LINE_NOT_OPEN, INVALID */
  async heartbeat(
    topicName: string,
    visitor: Visitor,
  ): Promise<{ place: number; serving: number; near: boolean }> {
    const place = await this.#placeOf(topicName, visitor);
    const reply = await this.#topics.refreshed(topicName, async (topic) => {
      const { keys, args } = lineCall(this.#context, topic);
      return run(this.#context, noteHeartbeat, keys, { ...args, nonce: visitor.line, place });
    });
    const [serving, near] = reply as [number | Buffer, number];
    if (typeof serving !== "number") throw lineRefusal(serving.toString(), near);
    return { place, serving, near: near === 1 };
  }

  async #view(topicName: string, pauseMs: number): Promise<LineStanding> {
    const reply = await this.#withLag(topicName, (topic, group) => {
      const { keys, args } = lineCall(this.#context, topic);
      const own = {
        ...{ ...args, ordersGroup: group, partitions: topic.partitions },
        ...{ pauseMs, steps: stepsACall },
      };
      return run(this.#context, viewLine, keys, own, { keys: lagKeys(this.#context, topic, group) });
    });
    const standing = parseStanding(reply as (Buffer | number)[]);
    const { shuffled, seed } = standing.view;
    if (shuffled !== null && seed !== null) {
      if (this.#orders.size >= 1000) this.#orders.clear();
      this.#orders.set(standing.line, { shuffled, seed });
    }
    return standing;
  }

  /** Runs a script that is told the keys of the orders group's lag; when the line has another group, once more. */
  async #withLag(
    topicName: string,
    call: (topic: Topic, group: string) => Promise<unknown>,
  ): Promise<unknown> {
    return this.#topics.refreshed(topicName, async (topic) => {
      for (;;) {
        const reply = (await call(topic, this.#ordersGroups.get(topicName) ?? "")) as unknown[];
        if (reply.length > 1) return reply;
        this.#ordersGroups.set(topicName, String(reply[0]));
      }
    });
  }

  async #placeOf(topicName: string, visitor: Visitor): Promise<number> {
    let order = this.#orders.get(visitor.line);
    if (order === undefined) {
      const { view, line } = await this.standing(topicName);
      if (line !== visitor.line) throw lineRefusal("INVALID", 0);
      if (view.shuffled === null) throw lineRefusal("LINE_NOT_OPEN", view.startsAt - view.at);
      order = this.#orders.get(visitor.line)!;
    }
    return placeOf(visitor.number, order)!;
  }

  async #now(): Promise<number> {
    const told = this.#context.scriptNow();
    if (told !== "") return told;
    const [seconds, micros] = (await send(this.#context, "TIME")) as [Buffer, Buffer];
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }
}

function requireTimesStay(
  before: { opensAt: number; startsAt: number },
  after: { opensAt: number; startsAt: number },
): void {
  for (const field of ["opensAt", "startsAt"] as const) {
    if (before[field] === after[field]) continue;
    throw new TidegateError("INVALID", `${field} cannot change once the line has started`, {
      field,
      limit: before[field],
    });
  }
}

function requireKey(key: string): void {
  if (Buffer.byteLength(key) <= limits.idempotencyKeyBytes) return;
  throw new TidegateError("INVALID", "idempotencyKey must have at most 256 bytes", {
    field: "idempotencyKey",
    limit: limits.idempotencyKeyBytes,
  });
}

/** Sixteen random bytes, and what is published of them before the start. */
async function drawSeed(): Promise<{ seed: string; commitment: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return { seed: Buffer.from(bytes).toString("hex"), commitment: Buffer.from(hash).toString("hex") };
}
