import { Buffer } from "node:buffer";
import { sipHash128 } from "@tidegate/contracts";
import { type Admission, isSameText, secretKeyFor, type Visitor } from "@tidegate/core";

const tagBytes = 16;

/**
 * Makes and opens what visitors of waiting lines are given: URL-safe strings that only this deployment can make. A visitor
 * is `v.<line>.<number>.<tag>`, an admission `a.<line>.<place>.<end, ms>.<tag>`: the line by its random name, so that
 * neither is good for another line or topic; numbers in base 36; the tag SipHash-2-4-128 of all before it, padded with
 * zeros to a multiple of 8 bytes, in base64url.
 */
export class LineTokens {
  private readonly key: Uint32Array;
  private readonly tag = new Uint32Array(tagBytes / 4);

  private constructor(key: Uint32Array) {
    this.key = key;
  }

  /** Tokens under a deployment's secret (at least 16 random bytes). */
  static async under(secret: Uint8Array): Promise<LineTokens> {
    return new LineTokens(await secretKeyFor("tidegate line 1", secret));
  }

  forVisitor({ line, number }: Visitor): string {
    return this.seal(`v.${line}.${number.toString(36)}.`);
  }

  forAdmission({ line, place, expiresAt }: Admission): string {
    return this.seal(`a.${line}.${place.toString(36)}.${expiresAt.toString(36)}.`);
  }

  /** Who a visitor is, or null when this deployment did not make the token. */
  openVisitor(token: string): Visitor | null {
    const parts = this.open(token, /^v\.[\w-]{16}\.[0-9a-z]{1,11}\.[\w-]{22}$/);
    return parts && { line: parts[1]!, number: Number.parseInt(parts[2]!, 36) };
  }

  /** What an admission says, or null when this deployment did not make it. Whether it is in time is for Redis to say. */
  openAdmission(token: string): Admission | null {
    const parts = this.open(token, /^a\.[\w-]{16}\.[0-9a-z]{1,11}\.[0-9a-z]{1,11}\.[\w-]{22}$/);
    if (parts === null) return null;
    return {
      line: parts[1]!,
      place: Number.parseInt(parts[2]!, 36),
      expiresAt: Number.parseInt(parts[3]!, 36),
    };
  }

  private open(token: string, form: RegExp): string[] | null {
    if (!form.test(token)) return null;
    const again = this.seal(token.slice(0, token.lastIndexOf(".") + 1));
    return isSameText(again, token) ? token.split(".") : null;
  }

  private seal(text: string): string {
    const bytes = new Uint8Array(Math.ceil(text.length / 8) * 8);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    sipHash128(this.key, new Uint32Array(bytes.buffer), this.tag);
    return text + Buffer.from(this.tag.buffer).toString("base64url");
  }
}
