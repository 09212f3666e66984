import type {
  AcksLevel,
  Happening,
  History,
  HistoryEvent,
  SentMessage,
  SettleSeen,
} from "../history/event.ts";
import type { FinalGroup, FinalState, FinalTopic } from "./final-state.ts";

type Mutable<T> = { -readonly [field in keyof T]: T[field] };

/** A history that is made up, a line at a time, for the tests of the checker. Times are milliseconds from the start. */
export class Tale {
  readonly events: HistoryEvent[] = [];
  readonly topic: Omit<Mutable<FinalTopic>, "groups"> & { groups: Mutable<FinalGroup>[] };
  #calls = 0;

  /** One topic `t` with one partition, and one group `g`. */
  constructor(
    ordering: "none" | "partition" | "key" = "none",
    limits: Partial<Pick<FinalGroup, "concurrency" | "perKey">> = {},
  ) {
    this.topic = {
      name: "t",
      topicId: "T",
      policy: "log",
      partitions: [{ partition: 0, start: 0, end: 0, delayed: 0, messages: [] }],
      groups: [
        {
          ...{ name: "g", ordering, maxDeliveries: 3, concurrency: null, perKey: null, ...limits },
          ...{ drained: true, cursors: [], deadLetters: [] },
        },
      ],
      audit: [],
      admitted: null,
    };
  }

  add(at: number, happening: Happening, by = "p"): string {
    this.events.push({ ...happening, at, by });
    return "call" in happening ? happening.call : "";
  }

  call(): string {
    this.#calls += 1;
    return `c${this.#calls}`;
  }

  /** A publish of one message, answered with its offset ten milliseconds later. */
  append(
    at: number,
    id: string,
    offset: number,
    more: Partial<SentMessage> & { acks?: AcksLevel } = {},
  ): this {
    const { acks = "leader", ...message } = more;
    const call = this.call();
    this.add(at, { type: "produce", call, topic: "t", acks, messages: [{ id, ...message }] });
    const outcomes = [{ partition: message.partition ?? 0, offset, duplicate: false }];
    this.add(at + 10, { type: "produced", call, topicId: "T", outcomes });
    return this;
  }

  /**
   * A lease of messages, asked for at a time, given and loaded ten milliseconds later, with a deadline of its own. Its id
   * begins with its partition.
   */
  lease(
    at: number,
    lease: string,
    ids: readonly string[],
    first: number,
    attempt = 1,
    deadline = at + 5000,
  ): this {
    const call = this.call();
    const last = first + ids.length - 1;
    const partition = Number(lease.split(".")[0]);
    this.add(at, { type: "acquire", call, topic: "t", group: "g" }, "c");
    this.add(
      at + 10,
      { type: "acquired", call, lease, partition, deadline, segments: [[first, last, attempt]] },
      "c",
    );
    const messages = ids.map((id, index) => [first + index, id, attempt] as const);
    this.add(at + 10, { type: "delivered", topic: "t", group: "g", lease, messages }, "c");
    return this;
  }

  /** A settle, answered ten milliseconds later. */
  settle(
    at: number,
    lease: string,
    ack: "all" | readonly number[],
    deadLetter: readonly number[] = [],
  ): this {
    return this.end(at, lease, { ack, deadLetter });
  }

  /** A settle, or an extend that keeps the rest; answered ten milliseconds later, or never. */
  end(at: number, lease: string, outcome: Partial<SettleSeen>, answered = true): this {
    const call = this.call();
    const whole: SettleSeen = { ack: [], retry: [], release: [], deadLetter: [], rest: "retry", ...outcome };
    this.add(at, { type: "settle", call, topic: "t", group: "g", lease, outcome: whole }, "c");
    if (answered) this.add(at + 10, { type: "settled", call }, "c");
    return this;
  }

  /** A handler is called with a message of a lease. */
  handle(at: number, lease: string, offset: number, id: string, attempt = 1): this {
    const partition = Number(lease.split(".")[0]);
    const messages = [[offset, id, attempt]] as const;
    this.add(at, { type: "handle", topic: "t", group: "g", lease, partition, messages }, "c");
    return this;
  }

  /** A time in which what was acknowledged since an earlier moment may get lost. */
  rollback(from: number, to: number, lossFrom: number, protects: readonly AcksLevel[] = []): this {
    const call = this.call();
    const rollback = { lossFrom, protects };
    this.add(from, { type: "break", call, what: "rollback", topic: null, group: null, rollback });
    this.add(to, { type: "done", call });
    return this;
  }

  /** What the log has in the end, and that the group acknowledged all of it but the dead letters. */
  ends(ids: readonly string[], deadLetters: readonly number[] = []): this {
    const end = ids.length;
    this.topic.partitions = [
      { partition: 0, start: 0, end, delayed: 0, messages: ids.map((id, offset) => [offset, id] as const) },
    ];
    const group = this.topic.groups[0]!;
    group.deadLetters = deadLetters.map((offset) => ({ partition: 0, offset }));
    const dead = deadLetters.length;
    const counters = { inFlight: 0, retrying: 0, acked: end - dead, deadLettered: dead, expired: 0 };
    group.cursors = [{ partition: 0, next: end, committed: end, end, ...counters }];
    return this;
  }

  get history(): History {
    return { events: [...this.events].sort((one, other) => one.at - other.at), wallOffset: 0 };
  }

  get final(): FinalState {
    return { topics: [this.topic] };
  }
}

/** Three messages, handed out and acknowledged: nothing is wrong with it. */
export function goodTale(ordering: "none" | "partition" | "key" = "none"): Tale {
  return new Tale(ordering)
    .append(0, "a", 0, { stream: "s", n: 1 })
    .append(20, "b", 1, { stream: "s", n: 2 })
    .append(40, "c", 2, { stream: "s", n: 3 })
    .lease(100, "0.l1", ["a", "b", "c"], 0)
    .settle(200, "0.l1", "all")
    .ends(["a", "b", "c"]);
}
