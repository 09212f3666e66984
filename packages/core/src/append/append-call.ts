import { defaults } from "@tidegate/contracts";
import type { Context } from "../context.ts";
import { gateKeys, lineKeys } from "../keys.ts";
import type { ScriptArgument } from "../redis/script.ts";
import { keysOf } from "../topics/partition-fields.ts";
import type { Topic } from "../topics/topic.ts";
import type { Unit } from "./unit.ts";

/** Everything that one run of `append-units` is given; sent again as it is when its answer stayed out. */
export interface AppendCall {
  readonly keys: ReturnType<typeof callKeys>;
  readonly args: {
    readonly now: ScriptArgument;
    readonly topicId: string;
    readonly version: number;
    readonly channel: string;
    readonly appender: string;
    readonly sequence: number;
    readonly repeatWindowMs: number;
  };
  readonly rest: { readonly keys: readonly string[]; readonly args: readonly ScriptArgument[] };
}

/** The append call for these units. */
export function appendCall(
  context: Context,
  topic: Topic,
  partition: number,
  appender: string,
  sequence: number,
  units: readonly Unit[],
): AppendCall {
  const { channel } = keysOf(context.space, topic, partition);
  const args: ScriptArgument[] = [];
  for (const unit of units) {
    args.push(unit.count, unit.body, unit.due, unit.idempotencyKey, unit.hash, unit.gateKey, unit.gateTerms);
  }
  return {
    keys: callKeys(context, topic, partition),
    args: {
      now: context.scriptNow(),
      topicId: topic.topicId,
      version: topic.version,
      channel,
      appender,
      sequence,
      repeatWindowMs: defaults.idempotencyWindowMs,
    },
    rest: { keys: otherMetas(context, topic, partition), args },
  };
}

function callKeys(context: Context, topic: Topic, partition: number) {
  const { channel: _, ...keys } = keysOf(context.space, topic, partition);
  if (topic.gate === null) return keys;
  const { gateCredits: __, ...gate } = gateKeys(context.space, topic.name, topic.placement, topic.gate.id);
  const { line, admitted, used } = lineKeys(context.space, topic.name, topic.placement);
  return { ...keys, ...gate, line, lineAdmitted: admitted, lineUsed: used };
}

/** A capacity counts what waits in all partitions. */
function otherMetas(context: Context, topic: Topic, partition: number): string[] {
  if (topic.gate === null || topic.gate.capacity === null) return [];
  const metas: string[] = [];
  for (let other = 0; other < topic.partitions; other += 1) {
    if (other !== partition) metas.push(keysOf(context.space, topic, other).meta);
  }
  return metas;
}
