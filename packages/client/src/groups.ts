import type {
  Flow,
  FlowChange,
  Group,
  GroupDescription,
  GroupList,
  GroupSettings,
  SeekRequest,
} from "@tidegate/contracts";
import { changeFlow, readFlow } from "./flow.ts";
import { type CallOptions, type Http, pathOf } from "./http.ts";
import { deleteOnce } from "./topics.ts";

/** The groups of topics. */
export class Groups {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Creates or changes a group; a field that is left out keeps its value. */
  async put(
    topic: string,
    group: string,
    settings: GroupSettings = {},
    options: CallOptions = {},
  ): Promise<{ group: Group; created: boolean }> {
    const path = pathOf("topics", topic, "groups", group);
    const answer = await this.#http.send<Group>(
      { method: "PUT", path, json: settings, repeatable: true },
      options,
    );
    return { group: answer.body, created: answer.status === 201 };
  }

  /** Its settings, lag, what is in flight, and who holds leases. Throws GROUP_NOT_FOUND. */
  async get(topic: string, group: string, options: CallOptions = {}): Promise<GroupDescription> {
    const path = pathOf("topics", topic, "groups", group);
    return (await this.#http.send<GroupDescription>({ method: "GET", path, repeatable: true }, options)).body;
  }

  /** All groups of a topic by name. */
  async list(topic: string, options: CallOptions = {}): Promise<Group[]> {
    const path = pathOf("topics", topic, "groups");
    return (await this.#http.send<GroupList>({ method: "GET", path, repeatable: true }, options)).body.groups;
  }

  /** Throws GROUP_NOT_FOUND. */
  async delete(topic: string, group: string, options: CallOptions = {}): Promise<void> {
    const path = pathOf("topics", topic, "groups", group);
    await deleteOnce(
      this.#http.send({ method: "DELETE", path, repeatable: true }, options),
      "GROUP_NOT_FOUND",
    );
  }

  /** Moves the cursors of all partitions, or of those named; their leases are dropped. */
  seek(topic: string, group: string, to: SeekRequest["to"], options: CallOptions = {}): Promise<void> {
    return this.#act(topic, group, "seek", options, { to });
  }

  /** Nothing is handed out until `resume`. */
  pause(topic: string, group: string, options: CallOptions = {}): Promise<void> {
    return this.#act(topic, group, "pause", options);
  }

  resume(topic: string, group: string, options: CallOptions = {}): Promise<void> {
    return this.#act(topic, group, "resume", options);
  }

  /** How its messages flow: limits, what waits and what is in flight, paused, pinned and busy keys. */
  flow(topic: string, group: string, options: CallOptions = {}): Promise<Flow> {
    return readFlow(this.#http, topic, group, options);
  }

  /** Changes limits, a pin over them, or single keys: at once, over all consumers. */
  changeFlow(topic: string, group: string, change: FlowChange, options: CallOptions = {}): Promise<Flow> {
    return changeFlow(this.#http, topic, group, change, options);
  }

  async #act(
    topic: string,
    group: string,
    verb: string,
    options: CallOptions,
    json?: unknown,
  ): Promise<void> {
    const path = pathOf("topics", topic, "groups", group, verb);
    await this.#http.send({ method: "POST", path, json, repeatable: true }, options);
  }
}
