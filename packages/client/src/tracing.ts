/** A call that sends or receives, as who traces calls is told of it. */
export interface TracedCall {
  readonly operation: "send" | "receive";
  /** A topic or a task. */
  readonly destination: string;
  readonly group?: string;
  /** What is sent. */
  readonly messages?: readonly { readonly headers?: Readonly<Record<string, unknown>> }[];
  /** Address of the server. */
  readonly server: string;
}

/**
 * Who traces calls: `clientTracing` of `@tidegate/tracing`, or one of your own. An object that is given, since OpenTelemetry's API
 * would add 8 to 26 KB, by its version, to the client's 35 for everybody.
 */
export interface ClientTracing {
  /** Runs a call with all its attempts; the headers that it is given go with each. */
  trace<Answer>(
    call: TracedCall,
    run: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
  ): Promise<Answer>;
}
