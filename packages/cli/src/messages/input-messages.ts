import { limits, TidegateError } from "@tidegate/contracts";
import type { MessageHeader, OutgoingMessage } from "@tidegate/core";
import { UsageError } from "../usage-error.ts";
import { type LineForm, LineReader } from "./line-reader.ts";
import { splitLines } from "./split-lines.ts";

/** What comes in, and what every message of it gets. */
export interface InputForm {
  /** `raw`: all of it is one value. */
  readonly format: LineForm | "raw";
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: readonly MessageHeader[];
  readonly partition?: number;
  /** In ms. */
  readonly delay?: number;
  readonly idempotencyPrefix?: string;
}

/** What is read, a piece at a time. */
export type Source = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

/** A line longer than any message, however it is written. */
const lineBytes = 4 * limits.valueBytes;

/** Throws UsageError for what does not go together. */
export function checkForm({ format, keySeparator }: InputForm): void {
  if (keySeparator === "") throw new UsageError("--key-separator is empty");
  if (keySeparator !== undefined && (format === "raw" || format === "message"))
    throw new UsageError(`--key-separator goes with text and json, and not with ${format}`);
}

/** The messages in what is read, several at a time as they come. Throws INVALID and MESSAGE_TOO_LARGE. */
export async function* inputMessages(
  source: Source,
  form: InputForm,
): AsyncGenerator<OutgoingMessage[], void, undefined> {
  const {
    format,
    key,
    keySeparator,
    header: headers = [],
    partition,
    delay: delayMs,
    idempotencyPrefix,
  } = form;
  const options = { key, keySeparator, headers, partition, delayMs, idempotencyPrefix };
  if (format === "raw") {
    const [message] = new LineReader({ ...options, form: "text" }).read([await readAll(source)]);
    // Bytes are no text, whatever a line would be.
    yield [{ ...message!, headers }];
    return;
  }
  const reader = new LineReader({ ...options, form: format });
  for await (const lines of splitLines(source, lineBytes)) yield reader.read(lines);
}

async function readAll(source: Source): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > limits.valueBytes)
      throw new TidegateError("MESSAGE_TOO_LARGE", "The input is too large for one message", {
        limit: limits.valueBytes,
      });
  }
  return Buffer.concat(chunks);
}
