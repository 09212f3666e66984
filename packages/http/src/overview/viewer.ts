/** Events that may wait for a slow reader; what comes then is left out until he has read. */
const waitingEvents = 16;
const heartbeatMs = 15_000;

/** One page that looks on: a stream of server-sent events. */
export class Viewer {
  /** The topic that it has on screen. */
  readonly watched: string | null;
  readonly stream: ReadableStream<Uint8Array>;
  /** Whether it has been told everything once, and of its topic. */
  begun = false;
  topicBegun = false;
  /** Whether what it was told last is that there is a problem. */
  troubled = false;
  /** What it was not told because it was slow. */
  readonly missed = new Set<string>();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  /** @param onEnd when the reader has gone, or one of the signals has ended it */
  constructor(watched: string | null, ends: readonly AbortSignal[], onEnd: (viewer: Viewer) => void) {
    this.watched = watched;
    const end = () => {
      clearInterval(heartbeat);
      for (const signal of ends) signal.removeEventListener("abort", end);
      const controller = this.#controller;
      this.#controller = null;
      onEnd(this);
      try {
        controller?.close();
      } catch {
        // The reader was first.
      }
    };
    const heartbeat = setInterval(() => this.#write(":\n\n"), heartbeatMs);
    (heartbeat as { unref?: () => void }).unref?.();
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: end,
      },
      { highWaterMark: waitingEvents },
    );
    for (const signal of ends) signal.addEventListener("abort", end, { once: true });
    if (ends.some(({ aborted }) => aborted)) end();
  }

  get isSlow(): boolean {
    return (this.#controller?.desiredSize ?? 0) <= 0;
  }

  /** Sends an event, unless the reader is slow; whether it was sent. */
  send(event: string, data: unknown): boolean {
    return this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #write(text: string): boolean {
    if (this.#controller === null || this.isSlow) return false;
    this.#controller.enqueue(new TextEncoder().encode(text));
    return true;
  }
}
