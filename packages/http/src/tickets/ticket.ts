import { Buffer } from "node:buffer";
import { sipHash128 } from "./siphash.ts";

/**
 * What a ticket names: a message that is in the log (`offset`), or one that waits for its time (`delayedId`). The
 * other one is null.
 */
export interface Ticket {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number | null;
  readonly delayedId: number | null;
}

const version = 1;
const headerBytes = 12;
const tagBytes = 16;
const maximumIdBytes = 64;
const maximumTemplates = 1000;
const twoTo32 = 2 ** 32;
const kindOffset = 0;
const kindDelayed = 1;

/** The bytes of the tickets of one topic: only partition and position change from one to the next. */
interface Template {
  /** Header, topicId, tag. */
  readonly sealed: Buffer;
  /** Header and topicId, padded with zeros to whole blocks: what the tag covers. */
  readonly covered: Uint32Array;
  /** The same bytes as `covered`. */
  readonly coveredBytes: Uint8Array;
}

/**
 * Makes and opens tickets: opaque, URL-safe strings that only this deployment can make.
 *
 * The bytes, in base64url: version (high half of the first byte) and kind (low half), length of the topicId,
 * partition (2 bytes), offset or delayed id (8 bytes), topicId (ASCII), tag (16 bytes, SipHash-2-4-128 of all
 * before it, padded with zeros to a multiple of 8). Numbers are little-endian.
 */
export class Tickets {
  private readonly key: Uint32Array;
  private readonly templates = new Map<string, Template>();
  private readonly tag = new Uint32Array(tagBytes / 4);
  private readonly tagBytes = new Uint8Array(this.tag.buffer);

  private constructor(key: Uint32Array) {
    this.key = key;
  }

  /** Tickets under a deployment's secret (at least 16 random bytes). The key is derived with HMAC-SHA256. */
  static async under(secret: Uint8Array): Promise<Tickets> {
    if (secret.length < 16) throw new TypeError("a ticket secret has at least 16 bytes");
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const parent = await crypto.subtle.importKey("raw", new Uint8Array(secret), hmac, false, ["sign"]);
    const derived = await crypto.subtle.sign("HMAC", parent, new TextEncoder().encode("tidegate ticket 1"));
    return new Tickets(new Uint32Array(derived.slice(0, 16)));
  }

  /** The ticket of a message in the log. */
  forOffset(topicId: string, partition: number, offset: number): string {
    return this.seal(topicId, kindOffset, partition, offset);
  }

  /** The ticket of a message that waits for its time. */
  forDelayed(topicId: string, partition: number, delayedId: number): string {
    return this.seal(topicId, kindDelayed, partition, delayedId);
  }

  /** What a ticket names, or null when this deployment did not make it. */
  open(ticket: string): Ticket | null {
    if (!/^[A-Za-z0-9_-]+$/.test(ticket)) return null;
    const bytes = Buffer.from(ticket, "base64url");
    const idBytes = bytes.length - headerBytes - tagBytes;
    if (idBytes < 1 || idBytes > maximumIdBytes || bytes[1] !== idBytes) return null;
    if (bytes[0]! >> 4 !== version) return null;
    const kind = bytes[0]! & 0xf;
    const topicId = bytes.toString("latin1", headerBytes, headerBytes + idBytes);
    const partition = bytes.readUInt16LE(2);
    const position = bytes.readUInt32LE(4) + bytes.readUInt32LE(8) * twoTo32;
    if (kind > kindDelayed || !Number.isSafeInteger(position)) return null;
    if (!equal(this.seal(topicId, kind, partition, position), ticket)) return null;
    return kind === kindOffset
      ? { topicId, partition, offset: position, delayedId: null }
      : { topicId, partition, offset: null, delayedId: position };
  }

  private seal(topicId: string, kind: number, partition: number, position: number): string {
    const { sealed, covered, coveredBytes } = this.templateFor(topicId);
    const high = Math.floor(position / twoTo32);
    covered[0] = (version << 4) | kind | (coveredBytes[1]! << 8) | (partition << 16);
    covered[1] = position - high * twoTo32;
    covered[2] = high;
    sipHash128(this.key, covered, this.tag);
    for (let at = 0; at < headerBytes; at++) sealed[at] = coveredBytes[at]!;
    const tagStart = sealed.length - tagBytes;
    for (let at = 0; at < tagBytes; at++) sealed[tagStart + at] = this.tagBytes[at]!;
    return sealed.toString("base64url");
  }

  private templateFor(topicId: string): Template {
    const known = this.templates.get(topicId);
    if (known !== undefined) return known;
    if (topicId.length < 1 || topicId.length > maximumIdBytes) throw new RangeError("topicId of a ticket");
    const coveredBytes = new Uint8Array(Math.ceil((headerBytes + topicId.length) / 8) * 8);
    coveredBytes[1] = topicId.length;
    for (let at = 0; at < topicId.length; at++) coveredBytes[headerBytes + at] = topicId.charCodeAt(at);
    const sealed = Buffer.alloc(headerBytes + topicId.length + tagBytes);
    sealed.set(coveredBytes.subarray(0, headerBytes + topicId.length));
    const template = { sealed, coveredBytes, covered: new Uint32Array(coveredBytes.buffer) };
    if (this.templates.size >= maximumTemplates) this.templates.clear();
    this.templates.set(topicId, template);
    return template;
  }
}

/** Whether two strings are equal, in a time that does not tell where they differ. */
function equal(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
