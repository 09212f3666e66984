import type { Client } from "@tidegate/client";
import { TidegateError } from "@tidegate/contracts";
import type { Command } from "../command.ts";
import { type FormatName, formatOf } from "../messages/message-format.ts";
import { messagePort, type ReadMessage } from "../messages/message-port.ts";
import { readPartitions } from "../messages/read-partitions.ts";
import { type Position, position } from "../parse/position.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { UsageError } from "../usage-error.ts";

interface Input {
  readonly topic: string;
  readonly group?: string;
  readonly fromBeginning?: boolean;
  readonly partition?: number;
  readonly offset?: Position;
  readonly follow?: boolean;
  readonly maxMessages?: number;
  readonly format?: FormatName;
  readonly keySeparator: string;
}

/** `tidegate consume` */
export const consume: Command<Input> = {
  name: "consume",
  summary: "Print messages: of the log, or for a group",
  description: [
    "Without a group it reads the log and changes nothing: from the end on, waiting for what comes, or from --from-beginning or --offset up to the end.",
    "With --group it takes messages as a consumer of that group, and acknowledges what it has printed, until nothing is left or, with --follow, for ever. What was taken and not printed goes back at once, however it ends.",
  ].join("\n\n"),
  arguments: [{ name: "<topic>", description: "the topic to read; <topic>.<group>.dlq has dead letters" }],
  options: [
    {
      flags: "-g, --group <group>",
      description: "take messages for this group; it is made where it is missing",
    },
    {
      flags: "--from-beginning",
      description: "begin with the earliest message; with --group where that is made",
    },
    { flags: "--partition <n>", description: "only this one", parse: wholeNumber() },
    {
      flags: "--offset <position>",
      description:
        "begin at earliest, latest, an offset (with --partition), -10 (the last ten of each partition), -15m (a time ago), or a time such as 2030-01-31T12:00:00Z",
      parse: (text) => position(text),
    },
    { flags: "-f, --follow", description: "go on when the end is reached" },
    { flags: "-n, --max-messages <n>", description: "end after so many", parse: wholeNumber(1) },
    {
      flags: "--format <format>",
      description:
        "value; key-value; json: one object a line, as the HTTP API shows messages; raw: bytes of values, with nothing in between. Others print in base64 what is no UTF-8; default value, json with --json",
      choices: ["value", "key-value", "json", "raw"],
    },
    { flags: "--key-separator <text>", description: "between key and value", default: "\t" },
  ],
  examples: [
    "tidegate consume orders --from-beginning -n 10",
    "tidegate consume orders --group billing --follow",
    "tidegate consume orders --partition 2 --offset 1700 -n 1 --format json",
    "tidegate consume orders --offset -15m --format key-value | grep ada",
  ],
  async run({ input, connection, client, out, signal }) {
    const { topic, maxMessages = null, keySeparator } = input;
    const name = input.format ?? (out.json ? "json" : "value");
    if (out.json && name !== "json")
      throw new UsageError(`--json and --format ${name} contradict each other`);
    checkOptions(input);
    const format = formatOf(name, { topic, keySeparator, isTerminal: out.isTerminal });
    const handle = (messages: readonly ReadMessage[]) => out.write(format(messages));
    const port = await messagePort(connection);
    const { group } = input;
    if (group !== undefined) {
      if (input.fromBeginning) await makeGroup(client, topic, group, signal);
      const follow = input.follow ?? false;
      await port.consume({ topic, group, follow, maxMessages, signal, handle, note: out.note });
      return;
    }
    const from = input.offset ?? (input.fromBeginning ? "earliest" : "latest");
    await readPartitions(client, port, {
      ...{ topic, partition: input.partition ?? null, from, maxMessages, signal, handle, note: out.note },
      // From the end on there is nothing to print but what comes.
      follow: input.follow ?? from === "latest",
    });
  },
};

function checkOptions({ group, offset, partition, fromBeginning }: Input): void {
  if (group !== undefined && (offset !== undefined || partition !== undefined))
    throw new UsageError(
      "a group reads on where it stands, in all partitions: move it with tidegate groups seek",
    );
  if (fromBeginning && offset !== undefined)
    throw new UsageError("--from-beginning and --offset are two places to begin at: give one of them");
  const isOffset = typeof offset === "object" && "offset" in offset;
  if (isOffset && partition === undefined)
    throw new UsageError("an offset is of one partition: give --partition as well");
}

/** Makes the group at the beginning of the log; one that is there stays where it is. */
async function makeGroup(client: Client, topic: string, group: string, signal: AbortSignal): Promise<void> {
  try {
    await client.groups.get(topic, group, { signal });
  } catch (error) {
    if (!(error instanceof TidegateError && error.code === "GROUP_NOT_FOUND")) throw error;
    await client.groups.put(topic, group, { start: "earliest" }, { signal });
  }
}
