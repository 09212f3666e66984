import { stat } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@tidegate/client";
import { type Acks, limits, TidegateError } from "@tidegate/contracts";
import type { MessageHeader, OutgoingMessage } from "@tidegate/core";
import type { Command } from "../command.ts";
import { type LineForm, LineReader } from "../messages/line-reader.ts";
import { messagePort } from "../messages/message-port.ts";
import { MessageSender, Refusal } from "../messages/message-sender.ts";
import { readFile } from "../messages/read-file.ts";
import { splitLines } from "../messages/split-lines.ts";
import type { Output } from "../output/output.ts";
import { duration } from "../parse/duration.ts";
import { header } from "../parse/header.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { UsageError } from "../usage-error.ts";

interface Input {
  readonly topic: string;
  readonly file?: string;
  readonly format: LineForm | "raw";
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: readonly MessageHeader[];
  readonly partition?: number;
  readonly delay?: number;
  readonly acks?: Acks;
  readonly rate?: number;
  readonly idempotencyPrefix?: string;
}

/** A line longer than any message, however it is written. */
const lineBytes = 4 * limits.valueBytes;
/** With a rate, messages leave in so many steps a second. */
const stepsPerSecond = 20;

/** `tidegate produce` */
export const produce: Command<Input> = {
  name: "produce",
  summary: "Publish lines of stdin or of a file as messages",
  description:
    "Publishes each line as a message, in their order, until the input ends. Ends with the first that is refused, and says which; what was published before stays.",
  arguments: [{ name: "<topic>", description: "the topic to publish to" }],
  options: [
    { flags: "--file <path>", description: "read this instead of stdin" },
    {
      flags: "--format <form>",
      description:
        "what a line is: text, json (a value), message (as consume --format json writes it; its partition is not kept); raw: all of the input is one value, byte for byte",
      choices: ["text", "json", "message", "raw"],
      default: "text",
    },
    { flags: "--key <key>", description: "of every message that has none" },
    { flags: "--key-separator <text>", description: "a line is a key, this, and the value" },
    {
      flags: "-H, --header <name=value>",
      description: "of every message; may be given several times",
      parse: header,
    },
    { flags: "--partition <n>", description: "else the key decides, or it is chosen", parse: wholeNumber() },
    { flags: "--delay <time>", description: "deliver so long after, such as 10m", parse: duration },
    {
      flags: "--acks <level>",
      description: "what must have happened before a message counts as published; default leader",
      choices: ["leader", "replicas", "fsync"],
    },
    {
      flags: "--rate <n>",
      description: "at most so many messages a second",
      parse: wholeNumber(1, 10_000_000),
    },
    {
      flags: "--idempotency-prefix <text>",
      description:
        "line n gets this and n as its idempotency key, so that a second run within a day publishes nothing twice",
    },
  ],
  examples: [
    "echo hello | tidegate produce orders",
    "tidegate produce orders --file orders.jsonl --format json --rate 500",
    "printf 'ada\\tfirst\\nbob\\tsecond\\n' | tidegate produce orders --key-separator $'\\t'",
    "tidegate consume orders --from-beginning --format json | tidegate produce copy --format message",
    "tidegate produce pictures --format raw --file cat.png -H content-type=image/png",
  ],
  async run({ input, connection, client, out, stdin, signal }) {
    const source = input.file === undefined ? (stdin as Readable) : await openFile(input.file);
    if (source instanceof Readable) addAbortSignal(signal, source);
    const isTyped = input.file === undefined && (stdin as NodeJS.ReadStream).isTTY;
    if (isTyped) out.note("One message a line; ctrl-D ends");
    // A topic that there is not is told before anything was read, or typed.
    await requireTopic(client, input.topic, signal);
    const port = await messagePort(connection);
    const sender = new MessageSender(port, input.topic, { acks: input.acks, signal });
    const progress = isTyped ? null : await out.progress({ label: input.topic, unit: "messages" });
    const startedAt = performance.now();
    try {
      for await (const messages of paced(messagesOf(input, source), input.rate, signal)) {
        await sender.add(messages);
        signal.throwIfAborted();
        progress?.update(sender.published);
      }
      await sender.flush();
    } catch (error) {
      await sender.settled();
      progress?.stop();
      const { published } = sender;
      if (published > 0) out.note(`${counted(published)} published before`);
      throw error instanceof Refusal ? withNumber(error, input.format) : error;
    }
    progress?.stop();
    await tell(out, input.topic, sender, performance.now() - startedAt);
  },
};

/** Throws TOPIC_NOT_FOUND. A token may publish to a topic and not look at it: then its first message tells. */
async function requireTopic(client: Client, topic: string, signal: AbortSignal): Promise<void> {
  try {
    await client.topics.get(topic, { signal });
  } catch (error) {
    if (!(error instanceof TidegateError && error.code === "FORBIDDEN")) throw error;
  }
}

async function tell(
  out: Output,
  topic: string,
  { published, duplicates }: MessageSender,
  ms: number,
): Promise<void> {
  await out.document({ topic, published, duplicates, ms: Math.round(ms) }, () => {
    const repeated = duplicates === 0 ? "" : `; ${duplicates} of them had been published before`;
    return `Published ${published.toLocaleString("en")} ${published === 1 ? "message" : "messages"} to ${topic}${repeated}\n`;
  });
}

function counted(messages: number): string {
  return messages === 1 ? "1 message was" : `${messages.toLocaleString("en")} messages were`;
}

type Source = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>;

/** Throws UsageError. */
async function openFile(path: string): Promise<Source> {
  const { createReadStream } = await import("node:fs");
  try {
    // What is no file on a disk, a pipe say, would hold up everything else while it is waited for.
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a directory");
    if (!found.isFile()) return createReadStream(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return readFile(path);
}

async function* messagesOf(input: Input, source: Source): AsyncGenerator<OutgoingMessage[]> {
  const { format, key, keySeparator, partition, idempotencyPrefix } = input;
  const options = {
    key,
    keySeparator,
    headers: input.header ?? [],
    partition,
    delayMs: input.delay,
    idempotencyPrefix,
  };
  if (format === "raw") {
    if (keySeparator !== undefined)
      throw new UsageError("--key-separator goes with lines: a raw value takes --key");
    const value = await readAll(source);
    // As text it would be given a content type of its own.
    const [message] = new LineReader({ ...options, form: "text" }).read([value]);
    yield [{ ...message!, headers: input.header ?? [] }];
    return;
  }
  if (keySeparator === "") throw new UsageError("--key-separator is empty");
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

/** Holds messages to a rate: as many as are due, and no burst after a pause of the input. */
async function* paced(
  source: AsyncIterable<OutgoingMessage[]>,
  rate: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<OutgoingMessage[]> {
  if (rate === undefined) return yield* source;
  const step = Math.max(1, Math.round(rate / stepsPerSecond));
  let dueAt = performance.now();
  for await (const messages of source)
    for (let from = 0; from < messages.length; from += step) {
      const part = messages.slice(from, from + step);
      const now = performance.now();
      if (dueAt > now) await delay(dueAt - now, undefined, { signal });
      dueAt = Math.max(dueAt, now) + (part.length * 1000) / rate;
      yield part;
    }
}

/** Says which line it was, in place of a number in a request that nobody saw. */
function withNumber({ index, cause }: Refusal, format: Input["format"]): unknown {
  if (!(cause instanceof TidegateError) || format === "raw") return cause;
  const { code, message, details } = cause;
  const isOfMessage = !cause.retryable || /^messages\[/.test(details.field ?? "");
  const isOfCall =
    details.field === undefined && ["TOPIC_NOT_FOUND", "FORBIDDEN", "UNAUTHORIZED"].includes(code);
  if (!isOfMessage || isOfCall) return cause;
  const field = details.field?.replace(/^messages\[\d+\]\.?/, "") ?? "";
  return new TidegateError(
    code,
    message.replace(/messages\[\d+\]\.?/, ""),
    { ...details, field: `line ${index + 1}${field === "" ? "" : `, ${field}`}` },
    cause,
  );
}
