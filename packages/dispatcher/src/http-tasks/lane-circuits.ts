import type { DeliveredMessage } from "@tidegate/core";
import { Circuit, type CircuitPort } from "../circuit/circuit.ts";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import type { PushEnvironment } from "../push/push-environment.ts";

/** Keys of which something is known here at a time; what is held is known to Redis. */
const mostKeys = 10_000;

/** A circuit breaker for each key: what one host, or one flow, wants holds for its messages alone, over all processes. */
export class LaneCircuits {
  readonly #environment: PushEnvironment;
  readonly #topic: string;
  readonly #group: string;
  readonly #circuits = new Map<string, Circuit>();

  constructor(environment: PushEnvironment, topic: string, group: string) {
    this.#environment = environment;
    this.#topic = topic;
    this.#group = group;
  }

  /** The circuit of a message's key. */
  of(message: DeliveredMessage): Circuit {
    const key = keyText(message);
    let circuit = this.#circuits.get(key);
    if (circuit === undefined) {
      circuit = new Circuit(this.#holdOf(message, key), this.#environment.clock);
      const oldest = this.#circuits.size >= mostKeys ? this.#circuits.keys().next() : null;
      if (oldest?.done === false) this.#circuits.delete(oldest.value);
    } else this.#circuits.delete(key);
    // The one that was used last stands last.
    this.#circuits.set(key, circuit);
    return circuit;
  }

  #holdOf(message: DeliveredMessage, key: string): CircuitPort {
    const { engine, onEvent, now } = this.#environment;
    const topic = this.#topic;
    const group = this.#group;
    // Not the message, which may be large and is long gone.
    const lane = { key: message.key, headers: message.headers };
    return {
      hold: (forMs) => engine.groups.holdLane(topic, group, lane, { forMs }),
      resume: () => engine.groups.holdLane(topic, group, lane, null),
      holding: () => engine.groups.holdingLane(topic, group, lane),
      now,
      onHeld: (forMs, reason) => onEvent({ type: "held", topic, group, key, forMs, reason }),
      onResumed: () => onEvent({ type: "resumed", topic, group, key }),
      onError: (error) => onEvent({ type: "error", topic, group, error: asTidegateError(error) }),
    };
  }
}

/** The key of a message as text; the same text is the same key as far as keys are texts. */
export function keyText({ key }: DeliveredMessage): string {
  return key === null ? "" : Buffer.from(key).toString();
}
