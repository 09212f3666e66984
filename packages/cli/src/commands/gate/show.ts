import type { TopicDescription } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { fieldsText } from "../../output/fields.ts";
import type { Styles } from "../../output/styles.ts";
import { showDuration } from "../../parse/duration.ts";

/** What a topic tells of its gate. */
export type GateOfTopic = Pick<TopicDescription, "gate" | "gateState">;

/** `tidegate gate show` */
export const showGate: Command<{ topic: string }> = {
  name: "show",
  summary: "Show the gate of a topic, and whom it admitted and refused",
  arguments: [{ name: "<topic>", description: "the topic behind it" }],
  examples: ["tidegate gate show orders", "tidegate gate show orders --json | jq .gateState.remaining"],
  async run({ input, client, out, signal }) {
    const { gate, gateState } = await client.topics.get(input.topic, { signal });
    const text = () =>
      gate === null ? `${input.topic} has no gate\n` : gateText({ gate, gateState }, out.styles);
    await out.document({ topic: input.topic, gate, gateState }, text);
  },
};

/** A gate for people. */
export function gateText({ gate, gateState }: GateOfTopic, styles: Styles): string {
  const { perKey, stock, capacity } = gate!;
  const window =
    perKey?.windowMs === null ? "as long as the gate stands" : `in ${showDuration(perKey?.windowMs ?? 0)}`;
  return fieldsText(
    [
      ["gate", gate!.id],
      ["stock", stock === null ? "without limit" : `${gateState?.remaining ?? stock} of ${stock} left`],
      ["by key", perKey === null ? "without limit" : `${perKey.limit} ${window}`],
      ["capacity", capacity === null ? "without limit" : `${gateState?.backlog ?? 0} of ${capacity} wait`],
      ["admitted", gateState?.admitted],
      ["given back", gateState?.credited || undefined],
      ["refused", gateState?.refused],
      ["redirect to", gate!.redirectTo ?? undefined],
    ],
    styles,
  );
}
