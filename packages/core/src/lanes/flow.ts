import { limits, TidegateError } from "@tidegate/contracts";
import { type Context, run } from "../context.ts";
import { type Group, laneScheme, usesLanes } from "../groups/group.ts";
import {
  type PerKey,
  type PerKeySettings,
  type Pin,
  type PinSettings,
  type RateLimit,
  type RateSettings,
  requirePin,
} from "../groups/rate-limit.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { changeFlow } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import { laneOfKey } from "./lane-of.ts";
import { lanesCall } from "./lanes-call.ts";

/** Limits that hold for a group. */
export interface FlowLimits {
  readonly rate: RateLimit | null;
  readonly concurrency: number | null;
  readonly perKey: PerKey | null;
}

/** What is wanted of one key. */
export interface KeyChange {
  readonly key: Uint8Array;
  readonly paused?: boolean | undefined;
  /** Null follows the group's limits by key again. */
  readonly pin?: PinSettings | null | undefined;
  /** Forgets what of its rate was used. */
  readonly reset?: boolean | undefined;
}

/** A change of flow; what is left out stays as it is. */
export interface FlowChange {
  readonly rate?: RateSettings | null | undefined;
  readonly concurrency?: number | null | undefined;
  readonly perKey?: PerKeySettings | null | undefined;
  readonly pin?: PinSettings | null | undefined;
  readonly keys?: readonly KeyChange[] | undefined;
  /** Forgets what of the rates was used, of the group's and of all keys'. */
  readonly reset?: boolean | undefined;
}

/** Whether a change is one of the group's settings or its pin. */
export function changesSettings({ rate, concurrency, perKey, pin }: FlowChange): boolean {
  return rate !== undefined || concurrency !== undefined || perKey !== undefined || pin !== undefined;
}

/** The group's pin after a change. @throws INVALID */
export function pinAfter(group: Group, { pin }: FlowChange): Pin | null {
  if (pin === undefined) return group.pin;
  if (pin === null) return null;
  const checked = requirePin("pin", pin);
  return Object.keys(checked).length === 0 ? null : checked;
}

/** The keys of a change, checked. @throws INVALID */
export function requireKeys(group: Group, change: FlowChange): void {
  const { keys = [] } = change;
  if (keys.length > limits.flowKeysAtATime) {
    throw new TidegateError("INVALID", `keys has more than ${limits.flowKeysAtATime} entries`, {
      field: "keys",
      limit: limits.flowKeysAtATime,
    });
  }
  for (const [index, { pin }] of keys.entries()) if (pin) requirePin(`keys[${index}].pin`, pin);
  const byKey = usesLanes(group) && laneScheme(group) !== "partition";
  if (keys.length > 0 && !byKey)
    throw new TidegateError("INVALID", "keys: the group has no order or limits by key", { field: "keys" });
}

/** Pauses, pins and resets keys, and resets the group. @throws INVALID, GROUP_NOT_FOUND */
export async function changeKeys(
  context: Context,
  topic: Topic,
  group: Group,
  { keys = [], reset = false }: FlowChange,
): Promise<void> {
  const { keys: laneKeys, args } = lanesCall(context, topic, group);
  const changes = keys.flatMap((change): ScriptArgument[] => [
    laneOfKey(topic, group, change.key),
    Buffer.from(change.key),
    change.paused === undefined ? "" : change.paused ? 1 : 0,
    ...pinArguments(change.pin),
    change.reset ? 1 : "",
  ]);
  const values = { ...args, mostKeys: limits.flowKeys, reset: reset ? 1 : "" };
  await run(context, changeFlow, laneKeys, values, { args: changes }).catch((error) => {
    if (!(error instanceof TidegateError && error.code === "INVALID")) throw error;
    throw new TidegateError("INVALID", error.message, { field: "keys", limit: limits.flowKeys });
  });
}

/** Pin, limit, interval, burst and concurrency as the script takes them. */
function pinArguments(settings: PinSettings | null | undefined): ScriptArgument[] {
  if (settings === undefined) return ["", "", "", "", ""];
  const pin = settings === null ? {} : requirePin("pin", settings);
  if (Object.keys(pin).length === 0) return ["none", "", "", "", ""];
  const { rate, concurrency } = pin;
  return [
    "set",
    rate === undefined ? "" : rate === null ? "off" : rate.limit,
    rate?.intervalMs ?? "",
    rate?.burst ?? "",
    concurrency === undefined ? "" : (concurrency ?? "off"),
  ];
}
