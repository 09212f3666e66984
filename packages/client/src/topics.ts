import {
  type Overview,
  TidegateError,
  type Topic,
  type TopicDescription,
  type TopicList,
  type TopicSettings,
} from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

/** The topics of a server. */
export class Topics {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Creates or changes a topic; a field that is left out keeps its value. */
  async put(
    topic: string,
    settings: TopicSettings = {},
    options: CallOptions = {},
  ): Promise<{ topic: Topic; created: boolean }> {
    const path = pathOf("topics", topic);
    const answer = await this.#http.send<Topic>(
      { method: "PUT", path, json: settings, repeatable: true },
      options,
    );
    return { topic: answer.body, created: answer.status === 201 };
  }

  /** Throws TOPIC_NOT_FOUND. */
  async get(topic: string, options: CallOptions = {}): Promise<TopicDescription> {
    const path = pathOf("topics", topic);
    return (await this.#http.send<TopicDescription>({ method: "GET", path, repeatable: true }, options)).body;
  }

  /** All topics and their groups, summed up over partitions; about a second old, and cheap whatever their number. */
  async overview(options: CallOptions = {}): Promise<Overview> {
    const call = { method: "GET", path: "overview", repeatable: true } as const;
    return (await this.#http.send<Overview>(call, options)).body;
  }

  /** All topics by name. */
  async list(options: CallOptions = {}): Promise<Topic[]> {
    return (await this.#http.send<TopicList>({ method: "GET", path: "topics", repeatable: true }, options))
      .body.topics;
  }

  /** Throws TOPIC_NOT_FOUND. */
  async delete(topic: string, options: CallOptions = {}): Promise<void> {
    const path = pathOf("topics", topic);
    await deleteOnce(
      this.#http.send({ method: "DELETE", path, repeatable: true }, options),
      "TOPIC_NOT_FOUND",
    );
  }
}

/** A deletion that finds nothing on a repeat was done by an attempt whose answer was lost. */
export async function deleteOnce(deletion: Promise<unknown>, notFound: string): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    const repeated = error instanceof TidegateError && Number(error.details.attempts) > 1;
    if (!repeated || error.code !== notFound) throw error;
  }
}
