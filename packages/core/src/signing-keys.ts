import { type Context, run, send } from "./context.ts";
import { signingKey } from "./keys.ts";
import { rotateSigningKeys as rotateScript } from "./redis/scripts.gen.ts";

/** The keys that pushed requests are signed with: `current` signs, `next` will after a rotation. */
export interface SigningKeys {
  readonly current: string;
  readonly next: string;
}

/** The keys of the generation that is current. */
export async function readSigningKeys(context: Context, secret: Uint8Array): Promise<SigningKeys> {
  const reply = (await send(context, "HGET", signingKey(context.space), "generation")) as Buffer | null;
  return keysOf(secret, Number(reply?.toString() ?? 0));
}

/** Makes `next` current. Within a minute of another rotation it changes nothing, so that it can be repeated. */
export async function rotateSigningKeys(context: Context, secret: Uint8Array): Promise<SigningKeys> {
  const signing = signingKey(context.space);
  const generation = await run(context, rotateScript, { signing }, { now: context.scriptNow() });
  return keysOf(secret, Number(generation));
}

/** Derived, not kept: whoever has the namespace's secret makes the same ones, and Redis holds a number. */
async function keysOf(secret: Uint8Array, generation: number): Promise<SigningKeys> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Uint8Array.from(secret), algorithm, false, ["sign"]);
  const derive = async (number: number): Promise<string> => {
    const text = new TextEncoder().encode(`tidegate push key ${number}`);
    return `whsec_${Buffer.from(await crypto.subtle.sign("HMAC", key, text)).toString("base64")}`;
  };
  return { current: await derive(generation), next: await derive(generation + 1) };
}
