import type { OpenApi } from "../openapi/document.ts";
import { type FoundOperation, findOperation } from "../openapi/find-operation.ts";
import { SchemaChecker } from "../openapi/schema-checker.ts";
import type { WireAnswer } from "../wire/answer-parser.ts";
import type { Exchange } from "../wire/connection.ts";
import { isWhole, type WireRequest } from "../wire/request.ts";
import { type Finding, finding } from "./finding.ts";
import { judgeProblem } from "./judge-problem.ts";
import { faultOfAccepted } from "./judge-request.ts";

/** Says what is wrong with an answer, by the OpenAPI document and the table of errors. */
export class Judge {
  readonly #openApi: OpenApi;
  readonly #checker: SchemaChecker;

  constructor(openApi: OpenApi) {
    this.#openApi = openApi;
    this.#checker = new SchemaChecker(openApi);
  }

  /** What is wrong with what came of a request; null when nothing is. */
  judge(request: WireRequest, exchange: Exchange): Finding | null {
    const asked = `${request.method} ${request.target}`;
    if (exchange.kind === "hang")
      return finding("hang", `${asked}: no answer after ${Math.round(exchange.tookMs)} ms`);
    if (exchange.kind === "malformed") return finding("no HTTP answer", `${asked}: ${exchange.detail}`);
    if (exchange.kind === "closed")
      return isWhole(request) ? finding("no answer", `${asked}: the connection was closed`) : null;
    const { answer } = exchange;
    const found =
      request.raw === undefined ? findOperation(this.#openApi, request.method, request.target) : null;
    const documented = found?.operation.answers.get(answer.status);
    // Readiness says 503 without a problem document, as documented.
    if (answer.status >= 200 && (answer.status < 300 || documented !== undefined))
      return this.#judgeSuccess(request, answer, found);
    return judgeProblem(request, answer, (value) => this.#checker.fault(this.#openApi.problem, value));
  }

  #judgeSuccess(request: WireRequest, answer: WireAnswer, found: FoundOperation | null): Finding | null {
    const { method, target } = request;
    const told = `${method} ${target}: ${answer.status}`;
    if (request.raw !== undefined || (method === "OPTIONS" && answer.status === 204)) return null;
    if (found === null)
      return finding("success of nothing", `${told}, and the document has no such operation`);
    const { operation } = found;
    const expected = operation.answers.get(answer.status);
    if (expected === undefined) return finding("undocumented status", `${told} of ${operation.path}`);
    const accepted = faultOfAccepted(request, operation, this.#checker);
    if (accepted !== null) return finding(accepted.kind, `${told}: ${accepted.detail}`);
    const type = answer.headers.get("content-type") ?? null;
    if (expected.type === null)
      return answer.body.length === 0 ? null : finding("unexpected body", `${told} with a body of ${type}`);
    if (type?.split(";")[0] !== expected.type)
      return finding("wrong content type", `${told} with ${type}, documented is ${expected.type}`);
    if (expected.schema === null || method === "HEAD") return null;
    let value: unknown;
    try {
      value = JSON.parse(answer.body.toString("utf8"));
    } catch {
      return finding("no JSON", `${told}: ${answer.body.toString("utf8")}`);
    }
    const fault = this.#checker.fault(expected.schema, value);
    return fault === null
      ? null
      : finding(`answer against its schema: ${operation.path}`, `${told}: ${fault}`);
  }
}
