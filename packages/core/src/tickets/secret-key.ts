/**
 * The key of SipHash that a deployment's secret (at least 16 random bytes) gives for one purpose: the first 16 bytes of
 * HMAC-SHA256 over the purpose's name.
 */
export async function secretKeyFor(purpose: string, secret: Uint8Array): Promise<Uint32Array> {
  if (secret.length < 16) throw new TypeError("a secret has at least 16 bytes");
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const parent = await crypto.subtle.importKey("raw", new Uint8Array(secret), hmac, false, ["sign"]);
  const derived = await crypto.subtle.sign("HMAC", parent, new TextEncoder().encode(purpose));
  return new Uint32Array(derived.slice(0, 16));
}
