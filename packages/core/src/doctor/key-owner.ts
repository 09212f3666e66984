import {
  endedKeys,
  figureKeys,
  gateKeys,
  groupKeys,
  groupsKey,
  type KeySpace,
  laneKeys,
  lineKeys,
  partitionKeys,
  secretKey,
  signingKey,
  taskKeys,
  topicIdsKey,
  topicsKey,
} from "../keys.ts";

/**
 * Whose a key is: `foreign` is of no namespace or of another one, `unknown` of this one and of nothing that this version
 * knows, `shared` of the deployment, and else it is a topic's.
 */
export type KeyOwner = "foreign" | "unknown" | "shared" | { readonly topic: string };

const example = { namespace: "n" };
const address = { topic: "t", partition: 0, placement: "together" } as const;

/** What stands behind these characters in keys of one kind, learned from the keys themselves. */
function endings(keys: object, before: string): ReadonlySet<string> {
  return new Set(Object.values(keys).map((key: string) => key.slice(before.length)));
}

const ofPartition = endings(partitionKeys(example, address), "{n:t}:0:");
const ofGroup = endings(groupKeys(example, address, "g"), "{n:t}:0:group:g:");
const ofLanes = endings(laneKeys(example, "t", "g"), "{n:t:g:g}:");
const ofEnded = endings(endedKeys(example, "t", "g", 0), "{n:t:g:g}:0:");
const ofGate = endings(gateKeys(example, "t", "together", "i"), "{n:t}:gate:i");
const ofLine = endings(lineKeys(example, "t", "together"), "{n:t}:line");
const groupsOf = groupsKey(example, "t").slice("{n:t}:".length);

/** Tells whose a key is, in this namespace. */
export function keyOwners(space: KeySpace): (key: string) => KeyOwner {
  const { namespace } = space;
  const shared = new Set([topicsKey(space), topicIdsKey(space), secretKey(space), signingKey(space)]);
  for (const key of Object.values(figureKeys(space))) shared.add(key);
  // Behind it BullMQ goes on with its own, and we with a slash.
  const tasks = taskKeys(space).queuePrefix;
  return (key) => {
    const end = key.indexOf("}");
    const tag = key.slice(1, end);
    if (key[0] !== "{" || !/^[:/]?$/.test(tag.slice(namespace.length, namespace.length + 1)))
      return "foreign";
    if (!tag.startsWith(namespace)) return "foreign";
    if (shared.has(key) || key.startsWith(tasks)) return "shared";
    const [topic, second, group, ...more] = tag.slice(namespace.length + 1).split(":");
    if (!topic || tag[namespace.length] !== ":" || more.length > 0 || key[end + 1] !== ":") return "unknown";
    const rest = key.slice(end + 2);
    const isKnown = group === undefined ? isOfTopic(rest, second) : second === "g" && isOfLanes(rest);
    return isKnown ? { topic } : "unknown";
  };
}

function isOfTopic(rest: string, partition: string | undefined): boolean {
  if (rest === groupsOf) return partition === undefined;
  const gate = /^gate:[^:]+/.exec(rest);
  if (gate) return ofGate.has(rest.slice(gate[0].length));
  if (rest.startsWith("line")) return ofLine.has(rest.slice("line".length));
  const inPartition = /^(\d+):(?:dead:[^:]+:)?(.+)$/.exec(rest);
  if (inPartition === null) return false;
  const [, number, last] = inPartition as unknown as [string, string, string];
  if (partition !== undefined && partition !== number) return false;
  const inGroup = /^group:[^:]+:(.+)$/.exec(last);
  return inGroup ? ofGroup.has(inGroup[1]!) : ofPartition.has(last);
}

function isOfLanes(rest: string): boolean {
  const inPartition = /^\d+:(.+)$/.exec(rest);
  return inPartition ? ofEnded.has(inPartition[1]!) : ofLanes.has(rest);
}
