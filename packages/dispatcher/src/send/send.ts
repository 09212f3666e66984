/** One request, without redirects: what a runtime must offer for pushing. */
export interface Send {
  /** Whether the addresses of a name are checked when they are connected to. */
  readonly resolves: boolean;
  /** @throws SendFailed, CallRefused, or the reason of the signal */
  (request: SendRequest): Promise<SendAnswer>;
}

export interface SendRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface SendAnswer {
  readonly status: number;
  /** By its name in lower case. */
  header(name: string): string | null;
  /** The body as text, up to so many bytes; the rest is not read. `whole` tells whether there was no rest. */
  text(limit: number): Promise<{ text: string; whole: boolean }>;
  /** Not read at all. */
  discard(): void;
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
