import type { TopicDescription, TopicSettings } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { numberOrNone } from "../../parse/number-or-none.ts";
import { type None, orNull } from "../../parse/or-null.ts";
import { perKeyOrNone } from "../../parse/per-key.ts";
import { UsageError } from "../../usage-error.ts";
import { yesOption } from "../yes-option.ts";
import { gateText } from "./show.ts";

type GateSettings = NonNullable<TopicSettings["gate"]>;

interface Input {
  readonly topic: string;
  readonly id?: string;
  readonly stock?: number | None;
  readonly perKey?: NonNullable<GateSettings["perKey"]> | None;
  readonly capacity?: number | None;
  readonly redirectTo?: string;
  readonly remove?: boolean;
  readonly yes?: boolean;
}

/** `tidegate gate set` */
export const setGate: Command<Input> = {
  name: "set",
  summary: "Put a gate in front of a topic, change it, or take it away",
  description:
    "Puts a gate in front of a topic, or changes the one that is there: what is not named keeps its value. Counters belong to the id: a new id begins a new sale, with only the limits that are named; the same id goes on counting. Stock, limits by key and capacity over several partitions need a topic with placement together.",
  arguments: [{ name: "<topic>", description: "the topic behind it" }],
  options: [
    { flags: "--id <id>", description: "of the gate; default the one that is there" },
    { flags: "--stock <n>", description: "units in all, or none", parse: numberOrNone() },
    {
      flags: "--per-key <n/time>",
      description: "admissions of one key: 2/1h in a sliding time, 2 as long as the gate stands, or none",
      parse: perKeyOrNone,
    },
    { flags: "--capacity <n>", description: "messages that may wait, or none", parse: numberOrNone() },
    { flags: "--redirect-to <url>", description: "where a browser is sent that is refused, or none" },
    { flags: "--remove", description: "take the gate away: everybody is admitted" },
    yesOption,
  ],
  examples: [
    "tidegate gate set orders --id spring-sale --stock 500 --per-key 2",
    "tidegate gate set orders --capacity 10000",
    "tidegate gate set orders --remove --yes",
  ],
  async run({ input, client, out, signal }) {
    const { topic, id, remove, ...given } = input;
    const changes = changesOf(given);
    if (remove === true && (id !== undefined || Object.keys(changes).length > 0))
      throw new UsageError("--remove goes alone");
    // A put would make a topic that there is not.
    const before = await client.topics.get(topic, { signal });
    const question = `Take the gate of ${topic} away, and admit everybody?`;
    if (remove === true && input.yes !== true && !(await out.confirm(question)))
      return out.note("Nothing was changed");
    const gate = remove === true ? null : gateOf(before, id, changes);
    await client.topics.put(topic, { gate }, { signal });
    const after = await client.topics.get(topic, { signal });
    const text = () => (after.gate === null ? `${topic} has no gate now\n` : gateText(after, out.styles));
    await out.document({ topic, gate: after.gate, gateState: after.gateState }, text);
  },
};

function changesOf({ stock, perKey, capacity, redirectTo }: Omit<Input, "topic" | "id" | "remove">) {
  return {
    ...(stock !== undefined && { stock: orNull(stock) }),
    ...(perKey !== undefined && { perKey: orNull(perKey) }),
    ...(capacity !== undefined && { capacity: orNull(capacity) }),
    ...(redirectTo !== undefined && { redirectTo: orNull(redirectTo) }),
  };
}

/** A put replaces a gate whole, and a limit that was not named again would be gone. */
function gateOf(
  { gate }: TopicDescription,
  id: string | undefined,
  changes: Partial<GateSettings>,
): GateSettings {
  if (gate === null && id === undefined) throw new UsageError("there is no gate yet: name it with --id");
  const isNew = gate === null || (id !== undefined && id !== gate.id);
  if (isNew && ![changes.stock, changes.perKey, changes.capacity].some((limit) => limit != null))
    throw new UsageError("a new gate needs a limit: --stock, --per-key or --capacity");
  if (isNew) return { id: id!, ...changes };
  if (Object.keys(changes).length === 0) throw new UsageError("name at least one thing to change");
  return { ...gate, ...changes };
}
