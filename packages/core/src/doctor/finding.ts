/** How bad it is. `unknown`: it could not be looked at. */
export type FindingLevel = "ok" | "notice" | "warning" | "danger" | "unknown";

/** What one check of a doctor came to. */
export interface Finding {
  /** Name of the check, such as `eviction`; there may be several findings of one. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What is so. */
  readonly found: string;
  /** Why that matters. */
  readonly why: string;
  /** What to do about it; null when nothing needs doing. */
  readonly mend: string | null;
  /** `host:port` of the nodes of a cluster that it is about; empty on a single server, and where it is about the whole. */
  readonly nodes: readonly string[];
}

/** A finding before it is known how many nodes share it. */
export type NodeFinding = Omit<Finding, "nodes">;

/** All is well: nothing to mend. */
export function ok(check: string, found: string, why: string): NodeFinding {
  return { check, level: "ok", found, why, mend: null };
}

/** Something that could not be looked at. */
export function unknown(check: string, found: string, why: string): NodeFinding {
  return { check, level: "unknown", found, why, mend: "Look at it where this Redis is administered" };
}

const levels: readonly FindingLevel[] = ["danger", "warning", "unknown", "notice", "ok"];

/**
 * One list of what was found at each node, the worst first: what several nodes have in common stands there once, with what
 * differs behind their names.
 */
export function gatherFindings(
  byNode: readonly { readonly node: string | null; readonly findings: readonly NodeFinding[] }[],
): Finding[] {
  const alike = new Map<string, { node: string | null; finding: NodeFinding }[]>();
  for (const { node, findings } of byNode) {
    for (const finding of findings) {
      const { check, level, why, mend } = finding;
      const key = JSON.stringify([check, level, why, mend]);
      const list = alike.get(key) ?? [];
      list.push({ node, finding });
      alike.set(key, list);
    }
  }
  const gathered = [...alike.values()].map((list) => {
    const texts = new Set(list.map(({ finding }) => finding.found));
    const found =
      texts.size === 1
        ? list[0]!.finding.found
        : list.map(({ node, finding }) => `${node}: ${finding.found}`).join("; ");
    const nodes = list.flatMap(({ node }) => (node === null ? [] : [node]));
    return { ...list[0]!.finding, found, nodes };
  });
  return gathered.sort((one, other) => levels.indexOf(one.level) - levels.indexOf(other.level));
}
