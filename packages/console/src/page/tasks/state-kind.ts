import type { TaskState } from "@tidegate/contracts";

/** Colours of states. */
export function stateKind(state: TaskState): "plain" | "good" | "warn" | "bad" | "info" {
  if (state === "completed") return "good";
  if (state === "failed") return "bad";
  if (state === "running") return "warn";
  return state === "cancelled" ? "plain" : "info";
}
