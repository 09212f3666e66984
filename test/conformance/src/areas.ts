import { append } from "./areas/append.ts";
import { deadLetters } from "./areas/dead-letters.ts";
import { delayed } from "./areas/delayed.ts";
import { flow } from "./areas/flow.ts";
import { gate } from "./areas/gate.ts";
import { gateLimits } from "./areas/gate-limits.ts";
import { groups } from "./areas/groups.ts";
import { idempotency } from "./areas/idempotency.ts";
import { lanes } from "./areas/lanes.ts";
import { leases } from "./areas/leases.ts";
import { boundaries } from "./areas/limits.ts";
import { line } from "./areas/line.ts";
import { lineTurn } from "./areas/line-turn.ts";
import { ordering } from "./areas/ordering.ts";
import { poisons } from "./areas/poison.ts";
import { push } from "./areas/push.ts";
import { read } from "./areas/read.ts";
import { retention } from "./areas/retention.ts";
import { steering } from "./areas/steering.ts";
import { storm } from "./areas/storm.ts";
import { ticketWire } from "./areas/ticket-wire.ts";
import { tickets } from "./areas/tickets.ts";
import { topics } from "./areas/topics.ts";
import { wire } from "./areas/wire.ts";
import type { Area } from "./story.ts";

/** What every target is held to. */
export const areas: Readonly<Record<string, Area>> = {
  topics,
  append,
  idempotency,
  delayed,
  read,
  groups,
  leases,
  ordering,
  lanes,
  flow,
  "poison messages": poisons,
  "dead letters": deadLetters,
  "seek and pause": steering,
  retention,
  gate,
  "gate limits": gateLimits,
  "limits and bad input": boundaries,
  "waiting line": line,
  tickets,
  push,
  storm,
};

/** What a target that speaks HTTP is held to. */
export const httpAreas: Readonly<Record<string, Area>> = {
  ...areas,
  "turns in a waiting line": lineTurn,
  wire,
  "tickets over HTTP": ticketWire,
};
