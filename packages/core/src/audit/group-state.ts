/** A holder as an audit sees it. */
export interface AuditedHolder {
  readonly id: string;
  readonly kind: string;
  readonly due: number;
  /** First, last, attempt, flat. */
  readonly segments: readonly number[];
}

/** Everything that a group is in one partition. */
export interface AuditedGroup {
  readonly counters: ReadonlyMap<string, string>;
  /** Committed offset as the floors have it. */
  readonly floor: number;
  readonly outstanding: ReadonlyMap<string, number>;
  readonly due: ReadonlyMap<string, number>;
  readonly holders: readonly AuditedHolder[];
  readonly deadLetters: AuditedDeadLetters;
}

/** A group's dead-letter log as an audit sees it: one entry a message, and those that were redriven are gone. */
export interface AuditedDeadLetters {
  readonly start: number;
  readonly end: number;
  readonly redriven: number;
  readonly entries: number;
}

/** Reads the reply of `inspect-group`. */
export function parseGroupState(reply: unknown): AuditedGroup {
  const [counters, floor, outstanding, due, holders, deadLetters] = reply as [
    Buffer[],
    Buffer,
    Buffer[],
    Buffer[],
    unknown[],
    (Buffer | number)[],
  ];
  const parsed: AuditedHolder[] = [];
  for (let index = 0; index < holders.length; index += 4) {
    const [id, kind, dueAt, segments] = holders.slice(index, index + 4) as [Buffer, Buffer, Buffer, number[]];
    parsed.push({ id: id.toString(), kind: kind.toString(), due: Number(dueAt), segments });
  }
  return {
    counters: pairs(counters),
    floor: Number.parseInt(floor.toString(), 10),
    outstanding: new Map([...pairs(outstanding)].map(([id, score]) => [id, Number(score)])),
    due: new Map([...pairs(due)].map(([id, score]) => [id, Number(score)])),
    holders: parsed,
    deadLetters: deadLettersOf(deadLetters),
  };
}

function deadLettersOf(fields: readonly (Buffer | number)[]): AuditedDeadLetters {
  const [start, end, redriven, entries] = fields.map(Number) as [number, number, number, number];
  return { start, end, redriven, entries };
}

/**
 * What does not add up in a group: a message in two holders, or in a holder and behind the cursor; holders and their
 * indexes that differ; dead letters that are gone; counters that are not what the holders hold; and conservation, which is that everything since the
 * last seek is acknowledged, dead-lettered, expired or held.
 */
export function checkGroupState(group: AuditedGroup): string[] {
  const findings: string[] = [];
  const number = (field: string) => Number(group.counters.get(field) || 0);
  const next = number("next");
  const spans: { first: number; last: number; id: string }[] = [];
  // Then the lanes tell what has ended; here stands only what has not been moved over yet.
  const onLanes = number("lanes") > 0;
  let inFlight = 0;
  let retrying = 0;
  for (const { id, kind, due, segments } of group.holders) {
    if (group.outstanding.get(id) !== segments[0])
      findings.push(`holder ${id} is not outstanding at ${segments[0]}`);
    if (group.due.get(id) !== due) findings.push(`holder ${id} is not due at ${due}`);
    for (let index = 0; index < segments.length; index += 3) {
      const [first, last] = [segments[index]!, segments[index + 1]!];
      spans.push({ first, last, id });
      if (last >= next && !onLanes)
        findings.push(`holder ${id} has offset ${last}, which the cursor ${next} has not passed`);
      if (kind === "lease") inFlight += last - first + 1;
      else retrying += last - first + 1;
    }
  }
  if (group.outstanding.size !== group.holders.length)
    findings.push(`${group.outstanding.size} outstanding, ${group.holders.length} holders`);
  if (group.due.size !== group.holders.length)
    findings.push(`${group.due.size} due, ${group.holders.length} holders`);
  spans.sort((one, other) => one.first - other.first);
  for (const [index, span] of spans.entries()) {
    const before = spans[index - 1];
    if (before && before.last >= span.first)
      findings.push(`offset ${span.first} is in ${before.id} and in ${span.id}`);
  }
  if (inFlight !== number("inFlight"))
    findings.push(`${number("inFlight")} in flight are counted, ${inFlight} are leased`);
  if (retrying !== number("retrying"))
    findings.push(`${number("retrying")} retrying are counted, ${retrying} are held`);
  const { start, end, redriven, entries } = group.deadLetters;
  // What was redriven may lie before the start, where retention has been.
  if (entries > end - start || entries < end - start - redriven)
    findings.push(
      `${end - start} dead letters are kept, of which at most ${redriven} were redriven; ${entries} are there`,
    );
  if (onLanes) return findings;
  const committed = spans[0] ? Math.min(next, spans[0].first) : next;
  if (group.floor !== committed)
    findings.push(`the floor is ${group.floor}, the committed offset ${committed}`);
  const ended = number("acked") + number("deadLettered") + number("expired") - number("endedAtBase");
  const handedBack = number("redriven") - number("redrivenAtBase");
  const passed = next - number("base") + handedBack;
  if (passed !== ended + inFlight + retrying) {
    findings.push(`${passed} messages were passed, ${ended} ended and ${inFlight + retrying} are held`);
  }
  return findings;
}

function pairs(list: readonly Buffer[]): Map<string, string> {
  const map = new Map<string, string>();
  for (let index = 0; index < list.length; index += 2)
    map.set(list[index]!.toString(), list[index + 1]!.toString());
  return map;
}
