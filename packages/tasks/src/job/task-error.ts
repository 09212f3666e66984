import type { TaskError } from "@tidegate/contracts";

/** Names of errors that Tidegate itself gives to runs; all others are names of errors that handlers threw. */
export const taskErrorNames = {
  timeout: "TIMEOUT",
  outputInvalid: "OUTPUT_INVALID",
  inputInvalid: "INPUT_INVALID",
  cancelled: "CANCELLED",
  workerLost: "WORKER_LOST",
  childFailed: "CHILD_FAILED",
} as const;

const mostCharacters = 2_000;

/** What is kept of an error: `<name>: <message>`, as BullMQ's reason. */
export function reasonOf({ name, message }: TaskError): string {
  return `${name}: ${message}`.slice(0, mostCharacters);
}

/** The error in a reason. BullMQ's own, for a child that has failed, is told as CHILD_FAILED. */
export function parseReason(reason: string): TaskError {
  const parts = /^([A-Za-z_$][\w$]*): ([\s\S]*)$/.exec(reason);
  if (parts !== null) return { name: parts[1]!, message: parts[2]! };
  if (/^child .* failed$/.test(reason)) return { name: taskErrorNames.childFailed, message: reason };
  return { name: "Error", message: reason };
}
