import type { ReceiveRequest } from "@tidegate/contracts";
import { type Engine, type Lease, showDelivered } from "@tidegate/core";
import { type Answer, json } from "../answer.ts";
import type { WebCall } from "../call.ts";
import type { Services } from "../route.ts";

/**
 * Answers a receive. When the caller hangs up while it waits, or before the answer is written, what was leased goes back
 * at once, without an attempt spent, instead of after its deadline. When the process stops, a receive that waits is
 * answered empty.
 */
export async function receive(
  call: WebCall,
  services: Services,
  topic: string,
  group: string,
  request: ReceiveRequest,
): Promise<Answer> {
  const engine = services.engineOf(call);
  const hangUp = call.signal;
  const { stopping } = services;
  const signal = stopping === null ? hangUp : AbortSignal.any([hangUp, stopping]);
  const { leases, paused } = await engine.groups.receive(topic, group, { ...request, signal });
  if (hangUp.aborted) await giveBack(engine, topic, group, leases);
  else if (leases.length > 0) {
    // Fires also after this function has answered, when the connection breaks before the answer is written.
    const onHangUp = () => void giveBack(engine, topic, group, leases).catch(() => {});
    hangUp.addEventListener("abort", onHangUp, { once: true });
  }
  return json(200, {
    leases: leases.map(({ id, partition, deadline, messages }) => ({
      id,
      partition,
      deadline,
      messages: messages.map(showDelivered),
    })),
    paused,
  });
}

async function giveBack(
  engine: Engine,
  topic: string,
  group: string,
  leases: readonly Lease[],
): Promise<void> {
  await Promise.all(
    leases.map((lease) =>
      engine.groups.settle(topic, group, lease.id, { release: lease.messages.map(({ offset }) => offset) }),
    ),
  );
}
