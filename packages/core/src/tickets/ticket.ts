import { Buffer } from "node:buffer";
import { sipHash128 } from "@tidegate/contracts";
import { isSameText } from "./is-same-text.ts";
import { secretKeyFor } from "./secret-key.ts";

/**
 * What a ticket names: a message that is in the log (`offset`), or one that waits for its time (`delayedId`); the other
 * one is null. With the gate that admitted it and the units of stock that it took, when there was one.
 */
export interface Ticket {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number | null;
  readonly delayedId: number | null;
  readonly gateId: string | null;
  readonly stockUnits: number;
}

/** Whose tickets are made: a topic, and its gate when it has one. */
export interface TicketOrigin {
  readonly topicId: string;
  readonly gate: { readonly id: string } | null;
}

/** What a message published over HTTP takes from a gate with stock. */
export const stockUnits = 1;

const version = 1;
const headerBytes = 12;
const unitsBytes = 4;
const tagBytes = 16;
const maximumIdBytes = 255;
const maximumTemplates = 1000;
const maximumUnits = 2 ** 32 - 1;
const twoTo32 = 2 ** 32;
const delayedFlag = 1;
const gatedFlag = 2;

/** The bytes of the tickets of one origin: only a few numbers change from one to the next. */
interface Template {
  readonly sealed: Buffer;
  /** What the tag covers, padded with zeros to whole blocks. */
  readonly covered: Uint32Array;
  /** The same bytes as `covered`. */
  readonly coveredBytes: Uint8Array;
}

/**
 * Makes and opens tickets: opaque, URL-safe strings that only this deployment can make.
 *
 * The bytes, in base64url: version (high half of the first byte) and flags (low half: 1 delayed, 2 gated), length of
 * the topicId, partition (2 bytes), offset or delayed id (8 bytes), only if gated units of stock (4 bytes), topicId,
 * only if gated the gate's id, tag (16 bytes: SipHash-2-4-128 of all before it, padded with zeros to a multiple of 8).
 * Numbers are little-endian, ids ASCII.
 */
export class Tickets {
  private readonly key: Uint32Array;
  private readonly templates = new Map<string, Template>();
  private readonly tag = new Uint32Array(tagBytes / 4);
  private readonly tagBytes = new Uint8Array(this.tag.buffer);

  private constructor(key: Uint32Array) {
    this.key = key;
  }

  /** Tickets under a deployment's secret (at least 16 random bytes). */
  static async under(secret: Uint8Array): Promise<Tickets> {
    return new Tickets(await secretKeyFor("tidegate ticket 1", secret));
  }

  /** The ticket of a message in the log; `stockUnits` counts only where the origin has a gate. */
  forOffset(origin: TicketOrigin, partition: number, offset: number, stockUnits: number): string {
    return this.seal(origin.topicId, origin.gate?.id ?? null, 0, partition, offset, stockUnits);
  }

  /** The ticket of a message that waits for its time. */
  forDelayed(origin: TicketOrigin, partition: number, delayedId: number, stockUnits: number): string {
    return this.seal(origin.topicId, origin.gate?.id ?? null, delayedFlag, partition, delayedId, stockUnits);
  }

  /** What a ticket names, or null when this deployment did not make it. */
  open(ticket: string): Ticket | null {
    if (!/^[A-Za-z0-9_-]{39,800}$/.test(ticket)) return null;
    const bytes = Buffer.from(ticket, "base64url");
    if (bytes[0]! >> 4 !== version) return null;
    const flags = bytes[0]! & 0xf;
    const isGated = (flags & gatedFlag) !== 0;
    const idStart = headerBytes + (isGated ? unitsBytes : 0);
    const idEnd = idStart + bytes[1]!;
    const gateEnd = bytes.length - tagBytes;
    if (bytes[1] === 0 || (isGated ? idEnd >= gateEnd : idEnd !== gateEnd)) return null;
    const topicId = bytes.toString("latin1", idStart, idEnd);
    const gateId = isGated ? bytes.toString("latin1", idEnd, gateEnd) : null;
    const partition = bytes.readUInt16LE(2);
    const position = bytes.readUInt32LE(4) + bytes.readUInt32LE(8) * twoTo32;
    const stockUnits = isGated ? bytes.readUInt32LE(headerBytes) : 0;
    if (!Number.isSafeInteger(position) || gateEnd - idEnd > maximumIdBytes) return null;
    const isDelayed = (flags & delayedFlag) !== 0;
    const again = this.seal(topicId, gateId, isDelayed ? delayedFlag : 0, partition, position, stockUnits);
    if (!isSameText(again, ticket)) return null;
    const offset = isDelayed ? null : position;
    return { topicId, partition, offset, delayedId: isDelayed ? position : null, gateId, stockUnits };
  }

  private seal(
    topicId: string,
    gateId: string | null,
    flags: number,
    partition: number,
    position: number,
    stockUnits: number,
  ): string {
    const { sealed, covered, coveredBytes } = this.templateFor(topicId, gateId);
    const high = Math.floor(position / twoTo32);
    const allFlags = gateId === null ? flags : flags | gatedFlag;
    covered[0] = (version << 4) | allFlags | (topicId.length << 8) | (partition << 16);
    covered[1] = position - high * twoTo32;
    covered[2] = high;
    if (gateId !== null) {
      if (stockUnits > maximumUnits) throw new RangeError("units of stock of a ticket");
      covered[3] = stockUnits;
    }
    sipHash128(this.key, covered, this.tag);
    for (let at = 0; at < headerBytes + unitsBytes; at++) sealed[at] = coveredBytes[at]!;
    const tagStart = sealed.length - tagBytes;
    for (let at = 0; at < tagBytes; at++) sealed[tagStart + at] = this.tagBytes[at]!;
    return sealed.toString("base64url");
  }

  private templateFor(topicId: string, gateId: string | null): Template {
    const name = gateId === null ? topicId : `${topicId} ${gateId}`;
    const known = this.templates.get(name);
    if (known !== undefined) return known;
    if (topicId.length < 1 || topicId.length > maximumIdBytes) throw new RangeError("topicId of a ticket");
    const ids = gateId === null ? topicId : topicId + gateId;
    const idStart = headerBytes + (gateId === null ? 0 : unitsBytes);
    const coveredBytes = new Uint8Array(Math.ceil((idStart + ids.length) / 8) * 8);
    for (let at = 0; at < ids.length; at++) coveredBytes[idStart + at] = ids.charCodeAt(at);
    const sealed = Buffer.alloc(idStart + ids.length + tagBytes);
    sealed.set(coveredBytes.subarray(0, idStart + ids.length));
    const template = { sealed, coveredBytes, covered: new Uint32Array(coveredBytes.buffer) };
    if (this.templates.size >= maximumTemplates) this.templates.clear();
    this.templates.set(name, template);
    return template;
  }
}
