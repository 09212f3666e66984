import type {
  AdmissionResponse,
  HeartbeatResponse,
  JoinResponse,
  Line,
  LineSettings,
  LineView,
} from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";
import { makeNonce } from "./nonce.ts";
import { type TurnOptions, waitForTurn } from "./wait-for-turn.ts";

export interface JoinOptions extends CallOptions {
  /** The token of an earlier join, to get its number again. */
  visitor?: string;
  /** Default: one is made, so that a lost answer does not cost a second place. */
  idempotencyKey?: string;
}

/** The waiting line in front of a topic. */
export class WaitingLine {
  readonly #http: Http;
  readonly #topic: string;

  constructor(http: Http, topic: string) {
    this.#http = http;
    this.#topic = topic;
  }

  /** Makes the line, or changes it; another id begins a new one. */
  async put(settings: LineSettings, options: CallOptions = {}): Promise<{ line: Line; created: boolean }> {
    const call = { method: "PUT", path: this.#path(), json: settings, repeatable: true } as const;
    const { status, body } = await this.#http.send<Line>(call, options);
    return { line: body, created: status === 201 };
  }

  /** Where the line stands: the same for everybody, and a cache may have kept it for a second. Throws LINE_NOT_FOUND. */
  async get(options: CallOptions = {}): Promise<LineView> {
    return (await this.#http.send<LineView>({ method: "GET", path: this.#path(), repeatable: true }, options))
      .body;
  }

  /** Ends the line: publishers need no admission any more. Throws LINE_NOT_FOUND. */
  async delete(options: CallOptions = {}): Promise<void> {
    await this.#http.send({ method: "DELETE", path: this.#path(), repeatable: true }, options);
  }

  /** Takes a number. `visitor` is what proves it: keep it. Throws LINE_NOT_OPEN, SOLD_OUT, OVERLOADED. */
  async join({ visitor, idempotencyKey, ...options }: JoinOptions = {}): Promise<JoinResponse> {
    const call = {
      method: "POST",
      path: this.#path("visitors"),
      json: visitor === undefined ? {} : { visitor },
      headers: { "idempotency-key": idempotencyKey ?? makeNonce() },
      repeatable: true,
    } as const;
    return (await this.#http.send<JoinResponse>(call, options)).body;
  }

  /**
   * What a publish carries as `admission`, once the place was called; asked again, the same. Not repeated here: throws
   * NOT_YOUR_TURN, ADMISSION_EXPIRED, ADMISSION_USED, SOLD_OUT.
   */
  async admission(visitor: string, options: CallOptions = {}): Promise<AdmissionResponse> {
    return this.#ofVisitor<AdmissionResponse>("admission", visitor, options);
  }

  /** Tells that the visitor is still there; asked of places before `head`, every `heartbeatMs`. */
  async heartbeat(visitor: string, options: CallOptions = {}): Promise<HeartbeatResponse> {
    return this.#ofVisitor<HeartbeatResponse>("heartbeat", visitor, options);
  }

  /**
   * Waits until it is the visitor's turn, with polls that a cache can answer, and heartbeats near the head. Throws SOLD_OUT
   * when nothing is left, and what else ends the wait for good.
   */
  turn(
    joined: Pick<JoinResponse, "visitor" | "number">,
    options: TurnOptions = {},
  ): Promise<AdmissionResponse> {
    return waitForTurn(this, joined, options);
  }

  async #ofVisitor<T>(what: string, visitor: string, options: CallOptions): Promise<T> {
    const call = { method: "POST", path: this.#path(what), json: { visitor }, repeatable: false } as const;
    return (await this.#http.send<T>(call, options)).body;
  }

  #path(...more: string[]): string {
    return pathOf("topics", this.#topic, "line", ...more);
  }
}

/** Whether the seed is the one that was promised before anybody had joined. Null before it is published. */
export async function isPromisedSeed({
  seed,
  commitment,
}: Pick<LineView, "seed" | "commitment">): Promise<boolean | null> {
  if (seed === null) return null;
  const bytes = Uint8Array.from(seed.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("") === commitment;
}
