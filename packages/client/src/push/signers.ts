import { TidegateError } from "@tidegate/contracts";
import { Webhook } from "standardwebhooks";
import type { PushKeys } from "./signing-keys.ts";

const prefix = "whsec_";

/** What signs with each of the keys. Throws INVALID with the place of the key, never with the key. */
export function signersOf(keys: PushKeys | undefined): readonly Webhook[] {
  const list = typeof keys === "string" ? keys.split(",") : (keys ?? []);
  const signers: Webhook[] = [];
  for (const [index, key] of list.entries()) {
    const trimmed = key?.trim() ?? "";
    if (trimmed !== "") signers.push(signerOf(trimmed, `keys[${index}]`));
  }
  if (signers.length > 0) return signers;
  throw new TidegateError("INVALID", "keys is empty: give the current and the next signing key", {
    field: "keys",
  });
}

function signerOf(key: string, field: string): Webhook {
  const fault = (cause?: unknown) =>
    new TidegateError("INVALID", `${field} is no signing key, which is ${prefix}<base64>`, { field }, cause);
  if (!key.startsWith(prefix)) throw fault();
  try {
    return new Webhook(key);
  } catch (thrown) {
    throw fault(thrown);
  }
}
