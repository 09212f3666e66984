import { TidegateError } from "@tidegate/contracts";
import { Webhook } from "standardwebhooks";

/**
 * The signing keys to accept, each `whsec_<base64>`: the current and the next one, so that a rotation refuses nothing. A
 * string may hold several, separated by commas; what is undefined or empty does not count, and one must be left.
 */
export type PushKeys = string | readonly (string | undefined)[];

/** The keys, or what gives them for a request: the variables of a Worker are only known with one. */
export type PushKeysOf<Env> = PushKeys | ((env: Env) => PushKeys | Promise<PushKeys>);

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

/** The options with the keys as they are for this environment. */
export async function withKeys<Env, Options extends { keys: PushKeysOf<Env> }>(
  options: Options,
  env: Env,
): Promise<Options & { keys: PushKeys }> {
  const { keys } = options;
  return { ...options, keys: typeof keys === "function" ? await keys(env) : keys };
}
