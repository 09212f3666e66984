/** 16 random bytes in hex: works where `crypto.randomUUID` does not, in pages that are not served securely. */
export function makeNonce(): string {
  let nonce = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) nonce += byte.toString(16).padStart(2, "0");
  return nonce;
}
