import type { FoundOperation } from "../openapi/find-operation.ts";

/** A lease that was handed out. */
export interface KnownLease {
  readonly topic: string;
  readonly group: string;
  readonly id: string;
  readonly offsets: readonly number[];
}

/** A dead letter by its place in the dead-letter log. */
export interface KnownDeadLetter {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly offset: number;
}

/** How many leases, tickets and dead letters a session remembers. */
const remembered = 20;

/** What a session knows of the server from its answers, so that it gets deeper than one request could. */
export class SessionState {
  /** Topic -> its groups. */
  readonly topics = new Map<string, Set<string>>();
  readonly leases: KnownLease[] = [];
  readonly deadLetters: KnownDeadLetter[] = [];
  readonly tickets: { topic: string; ticket: string }[] = [];
  /** Runs of tasks. */
  readonly runs: { task: string; id: string }[] = [];
  /** Calls of endpoints. */
  readonly calls: { id: string }[] = [];
  readonly visitors: { topic: string; visitor: string }[] = [];
  /** Topics with a gate, and those with a waiting line before it. */
  readonly gated = new Set<string>();
  readonly lines = new Set<string>();

  /** Takes note of a success. */
  learn({ operation, parameters }: FoundOperation, answer: unknown): void {
    const { topic = "", group = "" } = parameters;
    const key = `${operation.method} ${operation.path}`;
    if (key === "PUT /v1/topics/{topic}") this.#learnTopic(topic, answer);
    else if (key === "DELETE /v1/topics/{topic}") this.#forgetTopic(topic);
    else if (key === "PUT /v1/topics/{topic}/line") this.lines.add(topic);
    else if (key === "DELETE /v1/topics/{topic}/line") this.#forgetLine(topic);
    else if (key === "PUT /v1/topics/{topic}/groups/{group}") this.#groupsOf(topic).add(group);
    else if (key === "DELETE /v1/topics/{topic}/groups/{group}") this.#groupsOf(topic).delete(group);
    else if (key.endsWith("/settle")) this.#forgetLease(parameters.lease);
    else if (key.endsWith("/receive")) this.#learnLeases(topic, group, answer);
    else if (key === "POST /v1/topics/{topic}/messages") this.#learnTickets(topic, answer);
    else if (key.endsWith("/line/visitors")) this.#learnVisitor(topic, answer);
    else if (key.endsWith("/dead-letters")) this.#learnDeadLetters(topic, group, answer);
    else if (key === "POST /v1/tasks/{task}") this.#learnRun(parameters.task!, answer);
    else if (key === "POST /v1/http-tasks") remember(this.calls, { id: (answer as { id: string }).id });
    else if (key === "DELETE /v1/tasks/{task}/{id}") this.#forgetRun(parameters.id);
  }

  #learnTopic(topic: string, answer: unknown): void {
    this.#groupsOf(topic);
    const gate = (answer as { gate?: unknown } | null)?.gate ?? null;
    if (gate === null) this.gated.delete(topic);
    else this.gated.add(topic);
  }

  #forgetTopic(topic: string): void {
    for (const known of [this.topics, this.gated]) known.delete(topic);
    this.#forgetLine(topic);
  }

  #forgetLine(topic: string): void {
    this.lines.delete(topic);
    const others = this.visitors.filter((visitor) => visitor.topic !== topic);
    this.visitors.splice(0, this.visitors.length, ...others);
  }

  #groupsOf(topic: string): Set<string> {
    const known = this.topics.get(topic);
    if (known) return known;
    const groups = new Set<string>();
    this.topics.set(topic, groups);
    return groups;
  }

  #learnLeases(topic: string, group: string, answer: unknown): void {
    this.#groupsOf(topic).add(group);
    const { leases } = answer as { leases: { id: string; messages: { offset: number }[] }[] };
    for (const { id, messages } of leases)
      remember(this.leases, { topic, group, id, offsets: messages.map(({ offset }) => offset) });
  }

  #forgetLease(id: string | undefined): void {
    const index = this.leases.findIndex((lease) => lease.id === id);
    if (index >= 0) this.leases.splice(index, 1);
  }

  #learnTickets(topic: string, answer: unknown): void {
    const { messages } = answer as { messages: { ticket: string }[] };
    for (const { ticket } of messages.slice(0, 3)) remember(this.tickets, { topic, ticket });
  }

  #learnVisitor(topic: string, answer: unknown): void {
    remember(this.visitors, { topic, visitor: (answer as { visitor: string }).visitor });
  }

  #learnRun(task: string, answer: unknown): void {
    remember(this.runs, { task, id: (answer as { id: string }).id });
  }

  #forgetRun(id: string | undefined): void {
    const index = this.runs.findIndex((run) => run.id === id);
    if (index >= 0) this.runs.splice(index, 1);
  }

  #learnDeadLetters(topic: string, group: string, answer: unknown): void {
    const { messages } = answer as { messages: { partition: number; offset: number }[] };
    for (const { partition, offset } of messages.slice(0, 3))
      remember(this.deadLetters, { topic, group, partition, offset });
  }
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > remembered) list.shift();
}
