import type { CircuitPort } from "../circuit/circuit.ts";
import { asTidegateError } from "./as-tidegate-error.ts";
import type { PushEnvironment } from "./push-environment.ts";

/** The hold of a group in Redis, as its circuit uses it. */
export function holdOf(environment: PushEnvironment, topic: string, group: string): CircuitPort {
  const { engine, onEvent, now } = environment;
  return {
    hold: async (forMs) => void (await engine.groups.hold(topic, group, { forMs, probe: true })),
    resume: async () => void (await engine.groups.hold(topic, group, null)),
    holding: () => engine.groups.holding(topic, group),
    now,
    onHeld: (forMs, reason) => onEvent({ type: "held", topic, group, forMs, reason }),
    onResumed: () => onEvent({ type: "resumed", topic, group }),
    onError: (error) => onEvent({ type: "error", topic, group, error: asTidegateError(error) }),
  };
}
