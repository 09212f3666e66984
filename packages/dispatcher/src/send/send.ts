import type { Abort } from "./abort.ts";

/** One request, without redirects: what a runtime must offer for pushing. */
export interface Send {
  /** Whether the addresses of a name are checked when they are connected to. */
  readonly resolves: boolean;
  /** @throws SendFailed, CallRefused, or the reason of the abort */
  (request: SendRequest): Promise<SendAnswer>;
}

export interface SendRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: string | Uint8Array | null;
  readonly abort: Abort;
  /** How many bytes of the answer's body are read, by its status and content type; the rest is left. */
  readonly limitOf: (status: number, contentType: string | null) => number;
}

export interface SendAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | null;
  /** The body as far as it was read. */
  readonly text: string;
  /** Whether that is all of it. */
  readonly whole: boolean;
}

/** A request that got no answer, or not all of it. */
export class SendFailed extends Error {
  override readonly name = "SendFailed";
  /** `unreached`: nothing of it was sent. `broken`: the connection ended when the request was on its way or behind. */
  readonly kind: "unreached" | "broken";

  constructor(kind: SendFailed["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}
