/** A text as UTF-8. */
export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

/** UTF-8 as a text; null stays null. */
export function text(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString();
}

/** The values of messages as texts. */
export function values(messages: readonly { readonly value: Uint8Array | null }[]): (string | null)[] {
  return messages.map(({ value }) => text(value));
}

/** Messages with these texts as values, for one partition when it is named. */
export function messagesOf(
  texts: readonly string[],
  partition?: number,
): { value: Uint8Array; partition?: number }[] {
  return texts.map((value) => ({ value: bytes(value), ...(partition !== undefined && { partition }) }));
}

/** `prefix0` to `prefix<count - 1>`. */
export function numbered(count: number, prefix = "m"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
