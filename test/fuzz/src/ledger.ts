import type { Finding } from "./judge/finding.ts";
import type { OpenApi } from "./openapi/document.ts";
import { findOperation } from "./openapi/find-operation.ts";
import type { Exchange } from "./wire/connection.ts";
import type { WireRequest } from "./wire/request.ts";

/** A finding with the first request that showed it. */
export interface RecordedFinding extends Finding {
  /** Null when it is of no single request. */
  request: WireRequest | null;
  /** Whether the request shows it alone, and is as small as could be found. */
  minimal: boolean;
  readonly session: number | null;
  times: number;
}

/** How often an operation was asked, and with what success. */
interface Tally {
  asked: number;
  succeeded: number;
}

/** What was sent and what came of it. */
export class Ledger {
  requests = 0;
  slowestMs = 0;
  readonly findings = new Map<string, RecordedFinding>();
  /** Answers by status and code. */
  readonly answers = new Map<string, number>();
  /** The first request that was answered with each failure that a server may have. */
  readonly failures = new Map<string, { request: WireRequest; tookMs: number; session: number }>();
  /** By method and path of the document; what it does not have is `-`. */
  readonly operations = new Map<string, Tally>();
  readonly #openApi: OpenApi;

  constructor(openApi: OpenApi) {
    this.#openApi = openApi;
    for (const { method, path } of openApi.operations)
      this.operations.set(`${method} ${path}`, { asked: 0, succeeded: 0 });
  }

  note(session: number, request: WireRequest, exchange: Exchange, found: Finding | null): void {
    this.requests += 1;
    this.slowestMs = Math.max(this.slowestMs, exchange.tookMs);
    const answer = exchange.kind === "answer" ? exchange.answer : null;
    const code = /"code":"([A-Z_]+)"/.exec(answer?.body.toString("latin1") ?? "")?.[1];
    const status = answer?.status ?? 0;
    const outcome = answer === null ? exchange.kind : `${status}${status > 299 && code ? ` ${code}` : ""}`;
    this.answers.set(outcome, (this.answers.get(outcome) ?? 0) + 1);
    if (status >= 500 && !this.failures.has(outcome))
      this.failures.set(outcome, { request, tookMs: exchange.tookMs, session });
    const operation =
      request.raw === undefined
        ? findOperation(this.#openApi, request.method, request.target)?.operation
        : undefined;
    const name = operation === undefined ? "-" : `${operation.method} ${operation.path}`;
    const tally = this.operations.get(name) ?? { asked: 0, succeeded: 0 };
    this.operations.set(name, tally);
    tally.asked += 1;
    if (status >= 200 && status < 300) tally.succeeded += 1;
    if (found !== null) this.find(found, request, session);
  }

  find(found: Finding, request: WireRequest | null = null, session: number | null = null): void {
    const known = this.findings.get(found.kind);
    if (known) known.times += 1;
    else this.findings.set(found.kind, { ...found, request, session, times: 1, minimal: false });
  }
}
