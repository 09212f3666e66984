import { Chance } from "../chance.ts";
import { type Draft, writeDraft } from "../generate/draft.ts";
import type { FromDocument } from "../generate/from-document.ts";
import { mutateDraft } from "../generate/mutate-draft.ts";
import { mutateWire } from "../generate/mutate-wire.ts";
import { type Finding, finding } from "../judge/finding.ts";
import type { Judge } from "../judge/judge.ts";
import { tokens } from "../judge/judge-request.ts";
import type { OpenApi } from "../openapi/document.ts";
import { findOperation } from "../openapi/find-operation.ts";
import { Connection, type Exchange } from "../wire/connection.ts";
import type { WireRequest } from "../wire/request.ts";
import { goodRequest } from "./good-requests.ts";
import { fuzzTask } from "./good-task-requests.ts";
import { SessionState } from "./session-state.ts";
import { differenceOf, takeSnapshot } from "./snapshot.ts";

/** What every session of a run works with. */
export interface Target {
  readonly url: string;
  readonly openApi: OpenApi;
  readonly fromDocument: FromDocument;
  readonly judge: Judge;
  /** An answer must be there so long after what the request itself asked to wait. */
  readonly answerWithinMs: number;
  /** Told about every request. */
  readonly note: (request: WireRequest, exchange: Exchange, found: Finding | null) => void;
}

/** A refused request in so many is looked at for what it changed. */
const snapshotOneIn = 25;
/** So long a request that was not answered may still be carried out. */
const unansweredMs = 10_000;

/** A run of requests that one client sends, each after the answer to the one before. The seed decides all of them. */
export class Session {
  readonly #target: Target;
  readonly #chance: Chance;
  readonly #prefix: string;
  readonly #state = new SessionState();
  readonly #connection: Connection;
  /** When the last request was sent that got no answer. */
  #unansweredAt = Number.NEGATIVE_INFINITY;

  constructor(target: Target, seed: number, number: number) {
    this.#target = target;
    this.#chance = new Chance(seed * 1_000_003 + number);
    this.#prefix = `s${number}`;
    this.#connection = new Connection(target.url);
  }

  async run(requests: number): Promise<void> {
    for (let sent = 0; sent < requests; sent += 1) await this.#step();
    this.#connection.close();
  }

  async #step(): Promise<void> {
    const { request, mutated } = this.#make();
    const chosen = mutated && request.raw === undefined && this.#chance.oneIn(snapshotOneIn);
    const watched = chosen && performance.now() - this.#unansweredAt > unansweredMs;
    const before = watched ? await takeSnapshot(this.#state, this.#ask) : null;
    const exchange = await this.#connection.send(request, this.#target.answerWithinMs + waitOf(request));
    if (exchange.kind === "closed") this.#unansweredAt = performance.now();
    let found = this.#target.judge.judge(request, exchange);
    if (before !== null && isRefusal(exchange)) {
      const after = await takeSnapshot(this.#state, this.#ask);
      if (after !== before)
        found ??= finding(
          "a refused request changed something",
          `${request.method} ${request.target}: ${differenceOf(before, after)}`,
        );
    }
    if (found === null) this.#learn(request, exchange);
    this.#target.note(request, exchange, found);
  }

  #make(): { request: WireRequest; mutated: boolean } {
    const chance = this.#chance;
    const draft = this.#draft();
    draft.headers.unshift(["Host", "localhost"], ["Authorization", `Bearer ${tokens.admin}`]);
    const mutations = chance.oneIn(2) ? chance.pick([1, 1, 1, 2, 3]) : 0;
    for (let count = 0; count < mutations; count += 1) mutateDraft(draft, chance);
    const request = writeDraft(draft);
    if (!chance.oneIn(6)) return { request, mutated: mutations > 0 };
    return { request: mutateWire(request, chance), mutated: true };
  }

  /** A request that fits, the same with a body out of the document, or one out of the document alone. */
  #draft(): Draft {
    const chance = this.#chance;
    const { fromDocument, openApi } = this.#target;
    const way = chance.int(0, 9);
    if (way < 2) return fromDocument.draft(chance, (name) => this.#parameter(name));
    const draft = goodRequest(this.#state, chance, this.#prefix);
    if (way > 3 || draft.body === undefined || Buffer.isBuffer(draft.body)) return draft;
    const found = findOperation(openApi, draft.method, writeDraft(draft).target);
    if (found) draft.body = fromDocument.bodyFor(found.operation.method, found.operation.path, chance);
    return draft;
  }

  #parameter(name: string): string {
    const { topics, leases, tickets, runs, calls } = this.#state;
    const known = {
      topic: [...topics.keys(), `${this.#prefix}-c`],
      group: ["g1", "g2", "g3"],
      partition: ["0", "1", "7"],
      lease: [...leases.map(({ id }) => id), "0-none"],
      ticket: [...tickets.map(({ ticket }) => ticket), "none"],
      task: [fuzzTask, fuzzTask, "nobody"],
      id: [...runs.map(({ id }) => id), ...calls.map(({ id }) => id), "r-none"],
      schedule: ["s1", "s2"],
    }[name];
    return this.#chance.pick(known ?? ["x"]);
  }

  #learn(request: WireRequest, exchange: Exchange): void {
    if (exchange.kind !== "answer" || request.raw !== undefined || request.method === "HEAD") return;
    const { status, body } = exchange.answer;
    const found = findOperation(this.#target.openApi, request.method, request.target);
    if (status > 299 || found === null) return;
    const isJson = exchange.answer.headers.get("content-type") === "application/json";
    this.#state.learn(found, isJson ? (JSON.parse(body.toString("utf8")) as unknown) : null);
  }

  readonly #ask = async (path: string): Promise<unknown> => {
    const headers = [
      ["Host", "localhost"],
      ["Authorization", `Bearer ${tokens.admin}`],
    ] as const;
    const request: WireRequest = { method: "GET", target: path, headers, body: null, framing: "length" };
    const exchange = await this.#connection.send(request, this.#target.answerWithinMs);
    if (exchange.kind !== "answer" || exchange.answer.status !== 200) return null;
    return JSON.parse(exchange.answer.body.toString("utf8")) as unknown;
  };
}

/** How long a request asks to be kept waiting. */
function waitOf({ target, body }: WireRequest): number {
  const inQuery = /^\/v1\/t(?:ask|icket)s\/.*[?&]waitMs=(\d+)/.exec(target);
  if (inQuery !== null) return Math.min(30_000, Number(inQuery[1]));
  if (body === null || !target.includes("/receive")) return 0;
  // The last of several, as in JSON; more than the server allows is refused at once.
  const asked = [...body.toString("latin1").matchAll(/"waitMs"\s*:\s*(\d+)/g)].at(-1)?.[1];
  return Math.min(30_000, Number(asked ?? 0));
}

/** Refused as a whole: of a publish that was partly admitted, the rest is in the log. */
function isRefusal(exchange: Exchange): boolean {
  if (exchange.kind !== "answer" || exchange.answer.status < 400) return false;
  return !/"code":"(PARTLY_ADMITTED|NOT_REPLICATED)"/.test(exchange.answer.body.toString("latin1"));
}
