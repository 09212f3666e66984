import { keyBytes, valueBytes } from "@tidegate/client";
import { type StoredMessage, TidegateError } from "@tidegate/contracts";
import type { MessageHeader, OutgoingMessage } from "@tidegate/core";

/** What a line of input is: text or JSON that becomes the value, or a whole message as `consume --format json` writes it. */
export type LineForm = "text" | "json" | "message";

export interface LineOptions {
  readonly form: LineForm;
  /** What stands before its first occurrence is the key. */
  readonly keySeparator?: string | undefined;
  /** Of every message, where a line has none. */
  readonly key?: string | undefined;
  readonly headers: readonly MessageHeader[];
  readonly partition?: number | undefined;
  readonly delayMs?: number | undefined;
  /** Message n gets this and its number, from 1, as its idempotency key. */
  readonly idempotencyPrefix?: string | undefined;
}

/** Makes messages of lines. Throws INVALID, with the line's number in its text. */
export class LineReader {
  readonly #options: LineOptions;
  readonly #separator: Buffer | null;
  readonly #key: Buffer | null;
  readonly #headers: readonly MessageHeader[];
  /** Null where there is none: a spread for each line would cost more than the rest of it. */
  readonly #rest: Pick<OutgoingMessage, "partition" | "delayMs"> | null;
  #lines = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#separator = options.keySeparator === undefined ? null : Buffer.from(options.keySeparator);
    this.#key = options.key === undefined ? null : Buffer.from(options.key);
    this.#headers = withContentType(options.headers, contentTypes[options.form]);
    const { partition, delayMs } = options;
    this.#rest = partition === undefined && delayMs === undefined ? null : { partition, delayMs };
  }

  /** The messages of some lines. */
  read(lines: readonly Uint8Array[]): OutgoingMessage[] {
    return lines.map((line) => {
      this.#lines += 1;
      const message = this.#options.form === "message" ? this.#whole(line) : this.#plain(line);
      const { idempotencyPrefix } = this.#options;
      return idempotencyPrefix === undefined
        ? message
        : { ...message, idempotencyKey: `${idempotencyPrefix}${this.#lines}` };
    });
  }

  #plain(line: Uint8Array): OutgoingMessage {
    const { key, value } = this.#split(line);
    if (this.#options.form === "json") this.#parse(value);
    const message = { key, value, headers: this.#headers };
    return this.#rest === null ? message : { ...message, ...this.#rest };
  }

  #split(line: Uint8Array): { key: Uint8Array | null; value: Uint8Array } {
    if (this.#separator === null) return { key: this.#key, value: line };
    const at = asBuffer(line).indexOf(this.#separator);
    if (at === -1) {
      if (this.#key !== null) return { key: this.#key, value: line };
      throw this.#invalid(`has no ${JSON.stringify(this.#options.keySeparator)} between key and value`);
    }
    return { key: line.subarray(0, at), value: line.subarray(at + this.#separator.length) };
  }

  #whole(line: Uint8Array): OutgoingMessage {
    const given = this.#parse(line);
    if (!isObject(given)) throw this.#invalid("is no JSON object");
    const { headers = {}, value } = given;
    if (!isObject(headers)) throw this.#invalid("has headers that are no object");
    if (value === undefined && given.valueBase64 === undefined)
      throw this.#invalid("has neither value nor valueBase64");
    const message = { ...given, headers } as unknown as StoredMessage;
    try {
      return {
        ...this.#rest,
        key: keyBytes(message) ?? this.#key,
        value: valueBytes(message),
        headers: withContentType(
          [...headersOf(message), ...this.#options.headers],
          value === undefined ? null : "application/json",
        ),
      };
    } catch (error) {
      throw this.#invalid(`is no message: ${error instanceof Error ? error.message : error}`);
    }
  }

  #parse(text: Uint8Array): unknown {
    try {
      return JSON.parse(asBuffer(text).toString());
    } catch (error) {
      throw this.#invalid(`is not JSON: ${error instanceof Error ? error.message : error}`);
    }
  }

  #invalid(text: string): TidegateError {
    return new TidegateError("INVALID", `Line ${this.#lines} ${text}`, { field: `line ${this.#lines}` });
  }
}

const contentTypes = { text: "text/plain", json: "application/json", message: null } as const;

function withContentType(headers: readonly MessageHeader[], type: string | null): readonly MessageHeader[] {
  if (type === null || headers.some(({ key }) => key.toLowerCase() === "content-type")) return headers;
  return [...headers, { key: "content-type", value: Buffer.from(type) }];
}

function headersOf({ headers, headersBase64 = {} }: StoredMessage): MessageHeader[] {
  return [
    ...Object.entries(headers).map(([key, value]) => ({ key, value: Buffer.from(value) })),
    ...Object.entries(headersBase64).map(([key, value]) => ({ key, value: Buffer.from(value, "base64") })),
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
