import type { Finding } from "@tidegate/contracts";
import type { Command } from "../../command.ts";
import { printableLine } from "../../output/printable.ts";
import type { Styles } from "../../output/styles.ts";

interface Input {
  readonly strict?: boolean;
}

/** `tidegate doctor` */
export const doctor: Command<Input> = {
  name: "doctor",
  summary: "Examine Redis: what is dangerous, and how to mend it",
  description:
    "Examines Redis, each node of a cluster: version, persistence, eviction, memory, replicas, latency, clocks, and settings that end connections. Says of each thing found why it matters and what mends it, the worst first. What this Redis does not tell, as where others administer it, is unknown. Exit code 1 when something is dangerous.",
  options: [{ flags: "--strict", description: "exit code 1 for warnings as well" }],
  examples: [
    "tidegate doctor",
    "tidegate doctor --redis redis://10.0.0.5:6379 --strict",
    "tidegate doctor --json | jq '.findings[] | select(.level == \"danger\")'",
  ],
  async run({ input, client, out, signal }) {
    const { findings } = await client.doctor({ signal });
    await out.document({ findings }, () => findings.map((finding) => textOf(finding, out.styles)).join(""));
    const dangers = findings.filter(({ level }) => level === "danger").length;
    const warnings = findings.filter(({ level }) => level === "warning").length;
    if (dangers === 0 && !(input.strict === true && warnings > 0)) return;
    throw new Error(`the doctor found ${count(dangers, "danger")} and ${count(warnings, "warning")}`);
  },
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** What is well takes one line; what is not says why, and how to mend it. */
function textOf({ check, level, found, why, mend, nodes }: Finding, styles: Styles): string {
  const style = { ok: "good", notice: "bold", warning: "warning", danger: "bad", unknown: "dim" } as const;
  const head = `${styles[style[level]](level.padEnd(8))}${check.padEnd(16)} ${printableLine(found)}`;
  if (level === "ok") return `${head}\n`;
  const indent = " ".repeat(25);
  const lines = [
    head,
    ...(nodes.length > 0 ? [`${indent}${styles.dim("at:")} ${nodes.join(", ")}`] : []),
    `${indent}${styles.dim("why:")} ${printableLine(why)}`,
    ...(mend === null ? [] : [`${indent}${styles.dim("mend:")} ${printableLine(mend)}`]),
  ];
  return `${lines.join("\n")}\n`;
}
