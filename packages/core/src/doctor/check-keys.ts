import { type NodeFinding, ok, unknown } from "./finding.ts";
import type { KeysFound } from "./scan-keys.ts";

const check = "keys";
const why =
  "What this version does not know it neither reads nor removes: it may be of a later version, or another program's";

/** Judges what keys are there; `registered`: the topics there are, in whatever state. */
export function checkKeys(
  namespace: string,
  found: KeysFound | string,
  registered: ReadonlySet<string>,
): NodeFinding[] {
  if (typeof found === "string") return [unknown(check, `SCAN is refused: ${found}`, why)];
  const extent = `${found.isWhole ? "all" : "a sample of"} ${found.looked} keys`;
  const findings: NodeFinding[] = [];
  if (found.unknown > 0) {
    findings.push({
      check,
      level: "warning",
      found: `of ${extent}, ${found.unknown} are in the namespace ${namespace} and unknown here, such as ${found.examples.map((key) => JSON.stringify(key)).join(", ")}`,
      why,
      mend: "Let all processes run one version; give another program another prefix; remove what nobody needs",
    });
  }
  const left = [...found.topics].filter((topic) => !registered.has(topic)).sort();
  if (left.length > 0) {
    const names = left.slice(0, 3).join(", ");
    findings.push({
      check: "left-keys",
      level: "notice",
      found: `there are keys of ${left.length} topics that do not exist: ${names}${left.length > 3 ? ", …" : ""}`,
      why: "They take memory; a restored snapshot or a failover in the middle of a deletion leaves such",
      mend: "Create the topic once more and delete it",
    });
  }
  if (findings.length === 0) findings.push(ok(check, `${extent} looked at, none unknown`, why));
  return findings;
}
