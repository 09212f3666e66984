import type { FlowChange } from "@tidegate/contracts";
import type { OptionSpec } from "../../command.ts";
import type { GroupTarget } from "../groups/target.ts";

type KeyChange = NonNullable<FlowChange["keys"]>[number];

/** What commands of flow take: a group, and which of its keys. */
export interface KeysInput extends GroupTarget {
  readonly key?: readonly string[];
  readonly keyBase64?: readonly string[];
}

const collect = (text: string, previous: unknown) => [...((previous ?? []) as string[]), text];

export const keyOptions: readonly OptionSpec[] = [
  { flags: "--key <key>", description: "only messages of this key; may be repeated", parse: collect },
  { flags: "--key-base64 <key>", description: "the same for a key that is no text", parse: collect },
];

/** The same change for each key that was named; null where none was, and the whole group is meant. */
export function changesOfKeys(
  { key = [], keyBase64 = [] }: KeysInput,
  change: Omit<KeyChange, "key" | "keyBase64">,
): KeyChange[] | null {
  const keys = [
    ...key.map((key) => ({ key, ...change })),
    ...keyBase64.map((keyBase64) => ({ keyBase64, ...change })),
  ];
  return keys.length === 0 ? null : keys;
}

/** Whom a command was about, for people. */
export function whatOf({ topic, group, key = [], keyBase64 = [] }: KeysInput): string {
  const keys = [...key, ...keyBase64.map((bytes) => `base64:${bytes}`)];
  const whole = `${group} of ${topic}`;
  return keys.length === 0 ? whole : `${keys.length === 1 ? "key" : "keys"} ${keys.join(", ")} in ${whole}`;
}
