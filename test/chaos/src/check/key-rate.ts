import type { FinalGroup } from "./final-state.ts";
import { keysIn } from "./lane.ts";
import { isBroken, type LeaseEnd, type LeaseSeen, type Record } from "./record.ts";

type KeyRate = NonNullable<NonNullable<FinalGroup["perKey"]>["rate"]>;

/** A message of a key that was handed out, or a permit that may have been given back: between two moments. */
interface Moment {
  readonly from: number;
  readonly to: number;
}

/**
 * No window of any length has more messages of a key handed out within it than its rate and burst allow, and as many more
 * as may have been released meanwhile.
 */
export function checkKeyRate(
  record: Record,
  rate: KeyRate,
  leases: readonly LeaseSeen[],
  note: (detail: string) => void,
): void {
  const given = new Map<string, Moment[]>();
  const returned = new Map<string, Moment[]>();
  const add = (map: Map<string, Moment[]>, key: string, moment: Moment) => {
    const list = map.get(key);
    if (list) list.push(moment);
    else map.set(key, [moment]);
  };
  for (const lease of leases) {
    const keys = keysIn(record, lease);
    for (const { first, last, sentAt, acquiredAt } of lease.segments) {
      for (let offset = first; offset <= last; offset += 1) {
        const key = keys.get(offset);
        if (typeof key === "string") add(given, key, { from: sentAt, to: acquiredAt });
      }
    }
    for (const end of lease.ends) {
      const to = end.answeredAt ?? lease.deadline - record.history.wallOffset;
      for (const [offset, key] of keys)
        if (key !== null && mayRelease(end, offset, keys)) add(returned, key, { from: end.sentAt, to });
    }
  }
  for (const [key, list] of given)
    checkKey(record, rate, leases[0]!, key, list, returned.get(key) ?? [], note);
}

/** Whether an end may have given a message back: as it asked, or behind one of its key that failed or, in an extend, went back. */
function mayRelease(
  { outcome }: LeaseEnd,
  offset: number,
  keys: ReadonlyMap<number, string | null>,
): boolean {
  const { ack, retry, release, deadLetter, rest } = outcome;
  if (release.includes(offset)) return true;
  const fails = (other: number) =>
    retry.includes(other) ||
    release.includes(other) ||
    (ack !== "all" && !ack.includes(other) && !deadLetter.includes(other));
  const takesAlong = (other: number) => (rest === "retry" ? fails(other) : release.includes(other));
  return [...keys].some(([other, key]) => other < offset && key === keys.get(offset) && takesAlong(other));
}

function checkKey(
  record: Record,
  { limit, intervalMs, burst }: KeyRate,
  where: LeaseSeen,
  key: string,
  given: readonly Moment[],
  returned: readonly Moment[],
  note: (detail: string) => void,
): void {
  const byEnd = [...given].sort((one, other) => one.to - other.to);
  for (const from of new Set(given.map((moment) => moment.from))) {
    let count = 0;
    for (const moment of byEnd) {
      if (moment.from < from) continue;
      count += 1;
      const { to } = moment;
      if (count <= burst + ((to - from) * limit) / intervalMs) continue;
      const back = returned.filter((one) => one.from <= to && one.to >= from).length;
      if (count <= burst + back + ((to - from) * limit) / intervalMs || isBroken(record, where, from, to))
        continue;
      note(
        `handed out ${count} messages of ${key} from ${from} to ${to} with ${back} given back, its rate allows ${limit} in ${intervalMs} ms and ${burst} at once`,
      );
      return;
    }
  }
}
