import { type Context, run } from "../context.ts";
import { type Group, laneScheme, usesLanes } from "../groups/group.ts";
import type { Pin } from "../groups/rate-limit.ts";
import { readFlow as readFlowScript } from "../redis/scripts.gen.ts";
import type { Topic } from "../topics/topic.ts";
import type { FlowLimits } from "./flow.ts";
import { effectiveLimits } from "./lane-fields.ts";
import type { LaneLoader } from "./lane-loader.ts";
import { keyOfScheme } from "./lane-of.ts";
import { lanesCall } from "./lanes-call.ts";

/** How one key of a group flows. */
export interface FlowKey {
  /** Null when it cannot be told any more: nothing of it waits and it was never pinned. */
  readonly key: Uint8Array | null;
  readonly waiting: number;
  readonly inFlight: number;
  readonly paused: boolean;
  readonly pin: Pin | null;
  /** In ms by Redis's clock; null while something else than time blocks it, or nothing waits. */
  readonly mayGoAt: number | null;
}

/** How a group flows. */
export interface Flow {
  readonly settings: FlowLimits;
  readonly pin: Pin | null;
  /** What holds: the settings, and the pin over them. */
  readonly effective: FlowLimits;
  readonly inFlight: number;
  readonly heldUntil: number | null;
  readonly window: {
    readonly parked: number;
    readonly limit: number;
    readonly full: boolean;
    /** The key that has most of a full window. */
    readonly blockedBy: Uint8Array | null;
  };
  /** At most 100: paused and pinned ones, then the busiest. */
  readonly keys: readonly FlowKey[];
}

const keysShown = 100;
const sampleSize = 500;
const fieldsOfKey = 12;

/** Reads how a group on lanes flows. A group on ranges has no limits. @throws GROUP_NOT_FOUND */
export async function readFlow(
  context: Context,
  topic: Topic,
  group: Group,
  laneLoader: LaneLoader,
): Promise<Omit<Flow, "inFlight"> & { inFlight: number | null }> {
  const { rate, concurrency, perKey, pin } = group;
  const settings = { rate, concurrency, perKey };
  const effective = { ...effectiveLimits(group), perKey };
  if (!usesLanes(group)) {
    const window = { parked: 0, limit: 0, full: false, blockedBy: null };
    return { settings, pin, effective, inFlight: null, heldUntil: null, window, keys: [] };
  }
  const { keys, args } = lanesCall(context, topic, group);
  const reply = await run(context, readFlowScript, keys, { ...args, limit: keysShown, sample: sampleSize });
  const [inFlight, held, parked, limit, rows] = reply as [number, Buffer, number, number, Row];
  const shown: FlowKey[] = [];
  for (let index = 0; index < rows.length; index += fieldsOfKey) {
    shown.push(await flowKeyOf(rows.slice(index, index + fieldsOfKey) as Row, topic, group, laneLoader));
  }
  shown.sort(byImportance);
  const full = parked >= limit;
  const busiest = shown.reduce<FlowKey | null>(
    (most, one) => (one.waiting > (most?.waiting ?? 0) ? one : most),
    null,
  );
  return {
    settings,
    pin,
    effective,
    inFlight,
    heldUntil: held.length === 0 ? null : Number(held),
    window: { parked, limit, full, blockedBy: full ? (busiest?.key ?? null) : null },
    keys: shown,
  };
}

type Row = (Buffer | number)[];

async function flowKeyOf(row: Row, topic: Topic, group: Group, laneLoader: LaneLoader): Promise<FlowKey> {
  const [, waiting, inFlight, paused, key, limit, interval, burst, concurrency, pinned, turn, member] =
    row as [Buffer, number, number, number, Buffer, Buffer, Buffer, Buffer, Buffer, number, Buffer, Buffer];
  const number = (value: Buffer) => (value.toString() === "off" ? null : Number(value));
  const rate =
    limit.toString() === "off"
      ? null
      : { limit: Number(limit), intervalMs: Number(interval), burst: Number(burst) };
  return {
    key: paused === 1 || pinned === 1 ? key : await keyOfMember(member, topic, group, laneLoader),
    waiting,
    inFlight,
    paused: paused === 1,
    pin:
      pinned === 0
        ? null
        : {
            ...(limit.length > 0 && { rate }),
            ...(concurrency.length > 0 && { concurrency: number(concurrency) }),
          },
    mayGoAt: turn.length === 0 || waiting === 0 || paused === 1 ? null : Number(turn),
  };
}

/** The key of a message that waits; lanes know only its hash. */
async function keyOfMember(
  member: Buffer,
  topic: Topic,
  group: Group,
  laneLoader: LaneLoader,
): Promise<Uint8Array | null> {
  if (member.length === 0) return null;
  const offset = member.readUIntBE(16, 6);
  const [message] = await laneLoader.loadReadable(topic, member.readUInt16BE(14), [{ offset, attempt: 0 }]);
  return message ? keyOfScheme(laneScheme(group), message) : null;
}

function byImportance(one: FlowKey, other: FlowKey): number {
  const rank = ({ paused, pin }: FlowKey) => (paused ? 0 : pin ? 1 : 2);
  const busy = ({ waiting, inFlight }: FlowKey) => waiting + inFlight;
  return rank(one) - rank(other) || busy(other) - busy(one);
}
