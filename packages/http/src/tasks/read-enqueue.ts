import { enqueueRequest, type TaskOptions, validate } from "@tidegate/contracts";

/** An enqueue as its producer takes it. */
export interface Enqueue {
  readonly input: unknown;
  /** Left out when the request says nothing but its input. */
  readonly options?: TaskOptions;
}

/** Reads the body of an enqueue. Most have an input alone, which is for the task's own schema to judge. */
export function readEnqueue(body: unknown): Enqueue {
  if (hasInputAlone(body)) return body;
  const { input, ...options } = validate(enqueueRequest, body);
  return { input, options };
}

function hasInputAlone(body: unknown): body is { input: unknown } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  for (const name in body) if (name !== "input") return false;
  return Object.hasOwn(body, "input");
}
