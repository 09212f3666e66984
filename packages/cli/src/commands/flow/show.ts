import type { Flow, FlowKey } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { shortened, timeCell } from "../../output/cell-text.ts";
import { fieldsText } from "../../output/fields.ts";
import type { Output } from "../../output/output.ts";
import { showRate } from "../../parse/rate.ts";
import { type GroupTarget, groupArguments } from "../groups/target.ts";

/** `tidegate flow show` */
export const showFlow: Command<GroupTarget> = {
  name: "show",
  summary: "Show how fast a group is handed messages: limits, pins, what waits, by key",
  description:
    "Shows a group's limits and pins, what of it waits and is in flight, and its keys: those that are paused or pinned, then the busiest.",
  arguments: groupArguments,
  examples: [
    "tidegate flow show orders billing",
    "tidegate flow show orders billing --json | jq '.keys[] | select(.paused)'",
  ],
  async run({ input, client, out, signal }) {
    const flow = await client.groups.flow(input.topic, input.group, { signal });
    await out.document(flow, () => flowText(flow, out));
  },
};

/** How a group flows, for people. */
export async function flowText(flow: Flow, out: Output): Promise<string> {
  const { settings, pin, effective, inFlight, heldUntil, window, keys } = flow;
  const { perKey } = effective;
  const head = fieldsText(
    [
      ["rate", limitText(effective.rate, settings.rate, pin?.rate !== undefined)],
      ["concurrency", limitText(effective.concurrency, settings.concurrency, pin?.concurrency !== undefined)],
      ["by key", perKey === null ? "without limit" : (perKey.header ?? "the message key")],
      ["  rate", perKey?.rate ? showRate(perKey.rate) : undefined],
      ["  concurrency", perKey?.concurrency ?? undefined],
      ["in flight", inFlight],
      ["waiting", `${window.parked} of at most ${window.limit} at hand`],
      ["blocked by", window.full ? (window.blockedBy ?? "a key that is no text") : undefined],
      ["held until", heldUntil === null ? undefined : timeCell(heldUntil)],
    ],
    out.styles,
  );
  if (keys.length === 0) return head;
  const table = await out.tableText(
    [
      {
        title: "key",
        value: ({ key, keyBase64 }: FlowKey) => shortened(key ?? `base64:${keyBase64 ?? ""}`, 40),
      },
      { title: "waiting", value: ({ waiting }) => waiting },
      { title: "in flight", value: ({ inFlight }) => inFlight },
      {
        title: "state",
        value: ({ paused }) => (paused ? "paused" : null),
        style: ({ paused }, styles) => (paused ? styles.warning : undefined),
      },
      { title: "pin", value: ({ pin }) => (pin === null ? null : pinText(pin)) },
      {
        title: "may go at",
        value: ({ mayGoAt }) => (mayGoAt !== null && mayGoAt <= Date.now() ? "now" : timeCell(mayGoAt)),
      },
    ],
    keys,
  );
  return `${head}\n${table}`;
}

function limitText(
  effective: number | Parameters<typeof showRate>[0] | null,
  setting: number | Parameters<typeof showRate>[0] | null,
  isPinned: boolean,
): string {
  const show = (limit: typeof effective) =>
    limit === null ? "without limit" : typeof limit === "number" ? String(limit) : showRate(limit);
  return isPinned ? `${show(effective)} (pinned; set to ${show(setting)})` : show(effective);
}

function pinText({ rate, concurrency }: NonNullable<FlowKey["pin"]>): string {
  const parts = [
    ...(rate === undefined ? [] : [rate === null ? "any rate" : showRate(rate)]),
    ...(concurrency === undefined
      ? []
      : [concurrency === null ? "any concurrency" : `${concurrency} at a time`]),
  ];
  return parts.join(", ");
}
