import { isKeyless } from "../lanes/lane-of.ts";
import type { AuditedLanePartition, AuditedLanes, AuditedMember } from "./lanes-state.ts";

/**
 * What does not add up in the lanes of a group: a message that has not ended and is nowhere, or in two places, or that has
 * ended and is still somewhere; counters that are not what is there; leases without a deadline; a lane in which something
 * waits and that nothing will give a turn.
 */
export function checkLanes(lanes: AuditedLanes): string[] {
  const findings: string[] = [];
  const generations = new Map(lanes.partitions.map(({ partition, generation }) => [partition, generation]));
  const isCurrent = ({ partition, generation }: AuditedMember) => generations.get(partition) === generation;
  const queue = lanes.queue.filter(isCurrent);
  const retries = lanes.retries.filter(isCurrent);
  const exhausted = lanes.exhausted.filter(isCurrent);
  const leased = lanes.leases.flatMap(({ items }) => items);
  const places: [string, readonly AuditedMember[]][] = [
    ["parked", queue],
    ["retried", retries],
    ["awaiting burial", exhausted],
    ["leased", leased],
  ];
  for (const partition of lanes.partitions) {
    const inPartition = (member: AuditedMember) => member.partition === partition.partition;
    const note = (finding: string) => findings.push(`lanes of partition ${partition.partition}: ${finding}`);
    checkPlaces(
      partition,
      places.map(([name, members]) => [name, members.filter(inPartition)]),
      note,
    );
    const failed = queue.filter((member) => inPartition(member) && lanes.attempts.has(member.place)).length;
    const counted = {
      parked: queue.filter(inPartition).length - failed,
      retrying: failed + retries.filter(inPartition).length + exhausted.filter(inPartition).length,
      inFlight: leased.filter(inPartition).length,
    };
    for (const [name, count] of Object.entries(counted)) {
      const said = partition[name as keyof typeof counted];
      if (said !== count) note(`${said} ${name} are counted, ${count} are there`);
    }
  }
  const sum = (field: "parked" | "retrying" | "inFlight") =>
    lanes.partitions.reduce((total, partition) => total + partition[field], 0);
  if (lanes.parked !== sum("parked") + sum("retrying"))
    findings.push(`lanes: ${lanes.parked} parked in all, ${sum("parked") + sum("retrying")} by partition`);
  if (lanes.inFlight !== sum("inFlight"))
    findings.push(`lanes: ${lanes.inFlight} in flight in all, ${sum("inFlight")} by partition`);
  checkEachLane(lanes, queue, leased, findings);
  for (const { id, due } of lanes.leases)
    if (lanes.due.get(`l${id}`) !== due) findings.push(`lanes: lease ${id} is not due at ${due}`);
  return findings;
}

function checkPlaces(
  partition: AuditedLanePartition,
  places: readonly (readonly [string, readonly AuditedMember[]])[],
  note: (finding: string) => void,
): void {
  const { base, filed, done, late, committed } = partition;
  const unended = new Set(late);
  for (let offset = base; offset < filed; offset += 1) {
    const bit = offset - base;
    if (((done[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) unended.add(offset);
  }
  const found = new Map<number, string>();
  for (const [name, members] of places) {
    for (const { offset } of members) {
      const before = found.get(offset);
      if (before !== undefined) note(`offset ${offset} is ${before} and ${name}`);
      found.set(offset, name);
      if (!unended.has(offset)) note(`offset ${offset} is ${name}, but has ended or was never there`);
    }
  }
  for (const offset of unended) if (!found.has(offset)) note(`offset ${offset} has not ended and is nowhere`);
  const first = [...unended].reduce((least, offset) => Math.min(least, offset), filed);
  if (committed !== first) note(`the committed offset is ${committed}, and should be ${first}`);
}

function checkEachLane(
  lanes: AuditedLanes,
  queue: readonly AuditedMember[],
  leased: readonly AuditedMember[],
  findings: string[],
): void {
  const tracked = (lane: string) => lanes.scheme === "partition" || !isKeyless(lane);
  const name = (lane: string) => Buffer.from(lane, "latin1").toString("hex");
  const inFlight = new Map<string, number>();
  for (const { lane } of leased) if (tracked(lane)) inFlight.set(lane, (inFlight.get(lane) ?? 0) + 1);
  for (const lane of new Set([...inFlight.keys(), ...lanes.lanes.keys()])) {
    const said = lanes.lanes.get(lane)?.inFlight ?? 0;
    if (said !== (inFlight.get(lane) ?? 0))
      findings.push(
        `lane ${name(lane)}: ${said} in flight are counted, ${inFlight.get(lane) ?? 0} are leased`,
      );
  }
  for (const lane of new Set(queue.map((member) => member.lane))) {
    if (!lanes.turns.has(lane) && !lanes.lanes.get(lane)?.waiting)
      findings.push(`lane ${name(lane)}: something waits, and nothing gives it a turn`);
  }
}
