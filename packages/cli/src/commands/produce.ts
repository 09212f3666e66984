import { addAbortSignal, Readable } from "node:stream";
import type { Client } from "@tidegate/client";
import { type Acks, TidegateError } from "@tidegate/contracts";
import type { Command } from "../command.ts";
import { checkForm, type InputForm, inputMessages } from "../messages/input-messages.ts";
import { messagePort } from "../messages/message-port.ts";
import { MessageSender, Refusal } from "../messages/message-sender.ts";
import { openFile } from "../messages/open-file.ts";
import { paced } from "../messages/paced.ts";
import type { Output } from "../output/output.ts";
import { duration } from "../parse/duration.ts";
import { header } from "../parse/header.ts";
import { wholeNumber } from "../parse/whole-number.ts";

interface Input extends InputForm {
  readonly topic: string;
  readonly file?: string;
  readonly acks?: Acks;
  readonly rate?: number;
}

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
    checkForm(input);
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
      for await (const messages of paced(inputMessages(source, input), input.rate, signal)) {
        await sender.add(messages);
        signal.throwIfAborted();
        progress?.update(sender.published);
      }
      await sender.flush();
    } catch (error) {
      await sender.settled();
      progress?.stop();
      const { published } = sender;
      if (published > 0) out.note(`${counted(published)} published`);
      throw error instanceof Refusal ? withLine(error, input.format) : error;
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

/** Says which line it was, in place of a number in a call that nobody saw. */
function withLine({ index, cause }: Refusal, format: Input["format"]): unknown {
  if (index === null || format === "raw" || !(cause instanceof TidegateError)) return cause;
  const { code, message, details } = cause;
  const unseen = /messages\[\d+\]\.?/;
  const field = details.field?.replace(unseen, "") ?? "";
  const line = `line ${index + 1}${field === "" ? "" : `, ${field}`}`;
  return new TidegateError(code, message.replace(unseen, ""), { ...details, field: line }, cause);
}
