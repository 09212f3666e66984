import type { Context } from "../context.ts";
import { Loader } from "../groups/load.ts";
import { Waiting } from "../groups/waiting.ts";
import { LaneLoader } from "../lanes/lane-loader.ts";
import { Lanes } from "../lanes/lanes.ts";
import type { Topics } from "../topics/topics.ts";
import type { Waker } from "../wake/waker.ts";
import { deadLetterVerbs } from "./dead-letters.ts";
import { deliveryVerbs } from "./delivery.ts";
import { flowVerbs } from "./flow.ts";
import { GroupCalls } from "./group-calls.ts";
import type { GroupRegistry } from "./group-registry.ts";
import { lifecycleVerbs } from "./lifecycle.ts";
import { positionVerbs } from "./position.ts";
import { Ranges } from "./ranges.ts";

/** Groups: independent readers of topics, each with a cursor, leases, retries and dead letters in each partition. */
export interface Groups
  extends ReturnType<typeof lifecycleVerbs>,
    ReturnType<typeof positionVerbs>,
    ReturnType<typeof deliveryVerbs>,
    ReturnType<typeof flowVerbs>,
    ReturnType<typeof deadLetterVerbs> {}

/** The groups of an engine. What this process keeps for one that is gone goes with it. */
export function openGroups(context: Context, topics: Topics, registry: GroupRegistry, waker: Waker): Groups {
  const waiting = new Waiting(context, waker);
  const loader = new Loader(context);
  const laneLoader = new LaneLoader(context);
  const lanes = new Lanes({ context, waker, waiting, loader, laneLoader });
  topics.onGone((_name, known) => {
    if (!known) return;
    waiting.forgetTopic(known);
    lanes.forgetTopic(known);
  });
  registry.onGone((topic, name) => {
    waiting.forgetGroup(topic, name);
    lanes.forgetGroup(topic, name);
  });
  const calls = new GroupCalls(context, topics, registry, waiting);
  return {
    ...lifecycleVerbs(calls, waker),
    ...positionVerbs(calls),
    ...deliveryVerbs(calls, new Ranges(calls, lanes, loader), lanes, laneLoader),
    ...flowVerbs(calls, laneLoader),
    ...deadLetterVerbs(calls, lanes),
  };
}
