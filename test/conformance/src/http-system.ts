import {
  Client,
  type OutgoingMessage as ClientMessage,
  keyBytes,
  outcomesOf,
  valueBytes,
} from "@tidegate/client";
import { type PublishOutcome, TidegateError, type StoredMessage as WireMessage } from "@tidegate/contracts";
import type { SigningKeys } from "@tidegate/core";
import type { OutgoingMessage, Published, System } from "./system.ts";

/** Where HTTP is spoken, and what stands beside it. */
export interface HttpSystemOptions {
  readonly url: string;
  readonly token: string;
  /** Of somebody who may publish, and nothing else. */
  readonly visitorToken: string;
  /** The operator's engine on the same Redis: for what the contract does not offer. */
  readonly operator: System;
}

/** The HTTP API as a system, through the client. Nothing is repeated and no idempotency key is added. */
export function httpSystem(options: HttpSystemOptions): System {
  const patience = { url: options.url, retries: 0, attemptTimeoutMs: 30_000 };
  const client = new Client({ ...patience, token: options.token });
  const visitors = new Client({ ...patience, token: options.visitorToken });
  return {
    // What the types forbid is sent all the same: the server has to refuse it.
    putTopic: (name, settings = {}) => client.topics.put(name, settings as never),
    describeTopic: (name) => client.topics.get(name),
    listTopics: () => client.topics.list(),
    deleteTopic: (name) => client.topics.delete(name),

    async publish(topic, messages, acks) {
      const wire = messages.map(toClient);
      try {
        const answer = await client.publish(topic, wire, { idempotent: false, ...(acks && { acks }) });
        return { outcomes: answer.messages.map(publishedOf), backlog: answer.backlog };
      } catch (error) {
        const outcomes = outcomesOf(error);
        if (outcomes === null) throw error;
        return { outcomes: outcomes.map(publishedOf), backlog: null };
      }
    },
    async read(topic, partition, { from, ...rest }) {
      const answer = await client.read(topic, partition, { from, ...rest });
      return { ...answer, messages: answer.messages.map(fromWire) };
    },

    putGroup: (topic, group, settings = {}) => client.groups.put(topic, group, settings as never),
    describeGroup: (topic, group) => client.groups.get(topic, group),
    listGroups: (topic) => client.groups.list(topic),
    deleteGroup: (topic, group) => client.groups.delete(topic, group),
    async receive(topic, group, receiveOptions = {}) {
      const { leases, paused } = await client.receive(topic, group, receiveOptions as never);
      return {
        leases: leases.map((lease) => ({ ...lease, messages: lease.messages.map(fromWire) })),
        paused,
      };
    },
    settle: (topic, group, leaseId, outcome) => client.settle(topic, group, leaseId, outcome as never),
    extend: (topic, group, leaseId, extension) => client.extend(topic, group, leaseId, extension as never),
    seek: (topic, group, to) => client.groups.seek(topic, group, to),
    pause: (topic, group) => client.groups.pause(topic, group),
    resume: (topic, group) => client.groups.resume(topic, group),
    async deadLetters(topic, group, query = {}) {
      const page = await client.deadLetters(topic, group, query as never);
      return { ...page, messages: page.messages.map(fromWire) };
    },
    redrive: (topic, group, what) => client.redrive(topic, group, what as never),
    flow: (topic, group) => client.groups.flow(topic, group),
    changeFlow: (topic, group, change) => client.groups.changeFlow(topic, group, change),
    credit: (topic, receipt) => client.credit(topic, receipt),

    // Whoever has a ticket may ask, with whatever token.
    ticket: (receipt, waitMs = 0) => visitors.ticket(receipt, { waitMs }),
    putResult: (topic, group, partition, offset, value) =>
      options.operator.putResult(topic, group, partition, offset, value),

    putLine: (topic, settings) => client.line(topic).put(settings as never),
    viewLine: (topic) => visitors.line(topic).get(),
    deleteLine: (topic) => client.line(topic).delete(),
    joinLine: (topic, idempotencyKey) => visitors.line(topic).join({ idempotencyKey }),
    admitVisitor: async (topic, visitor) => (await visitors.line(topic).admission(visitor)).admission,
    heartbeat: (topic, visitor) => visitors.line(topic).heartbeat(visitor),
    async publishAsVisitor(topic, message, admission) {
      const wire = toClient(message);
      if (admission !== null) wire.admission = admission;
      try {
        await visitors.publish(topic, wire, { idempotent: false });
      } catch (error) {
        const [outcome] = outcomesOf(error) ?? [];
        const published = outcome && publishedOf(outcome);
        throw published?.status === "refused" ? published.error : error;
      }
    },

    async signingKeys() {
      const headers = { authorization: `Bearer ${options.token}` };
      const response = await fetch(`${options.url}/v1/signing-keys`, { headers });
      return (await response.json()) as SigningKeys;
    },

    housekeep: () => options.operator.housekeep(),
    audit: (topic) => options.operator.audit(topic),
    connect: async () => httpSystem(options),
    close: async () => {},
  };
}

function toClient({ headers, value, ...rest }: OutgoingMessage): ClientMessage {
  const message = { ...rest } as ClientMessage;
  // A message without a value is `valueBase64: null` on the wire; `value: null` would be JSON's null.
  if (value === null) message.valueBase64 = null;
  else message.value = value;
  if (headers !== undefined) {
    message.headers = Object.fromEntries(
      headers.map((header) => [header.key, header.value ?? new Uint8Array()]),
    );
  }
  return message;
}

function fromWire<T extends WireMessage>(message: T) {
  const { headers, headersBase64, key: _, keyBase64: __, value: ___, valueBase64: ____, ...rest } = message;
  return {
    ...rest,
    key: keyBytes(message),
    value: valueBytes(message),
    headers: [
      ...Object.entries(headers).map(([key, value]) => ({ key, value: Buffer.from(value) })),
      ...Object.entries(headersBase64 ?? {}).map(([key, value]) => ({
        key,
        value: Buffer.from(value, "base64"),
      })),
    ],
  };
}

function publishedOf(outcome: PublishOutcome): Published {
  if ("code" in outcome) {
    const { code, detail, field, limit } = outcome;
    const details = { ...(field !== undefined && { field }), ...(limit !== undefined && { limit }) };
    return { status: "refused", error: new TidegateError(code, detail, details) };
  }
  const { partition, offset, ticket: receipt, duplicate = false } = outcome;
  return offset === null
    ? { status: "delayed", partition, offset, duplicate, receipt }
    : { status: "appended", partition, offset, duplicate, receipt };
}
