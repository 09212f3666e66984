import { type Context, send } from "./context.ts";
import { secretKey } from "./keys.ts";

/** The 32 random bytes that sign this namespace's tickets; made once, by whoever asks first. */
export async function readSecret(context: Context): Promise<Uint8Array> {
  const key = secretKey(context.space);
  const made = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
  await send(context, "SET", key, made, "NX");
  return (await send(context, "GET", key)) as Buffer;
}
