/** The way to a provider of mail and text messages. */
export class Gateway {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends once for each key, as providers promise: a repeat with the same key is answered, and sends nothing. Throws when it is refused. */
  async send(kind: "mails" | "texts", message: object, key: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(`${this.#url}/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(message),
      signal,
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  }
}
