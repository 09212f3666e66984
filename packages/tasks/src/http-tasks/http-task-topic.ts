import { httpTaskGroup, httpTaskGroupSettings, httpTaskTopic, TidegateError } from "@tidegate/contracts";
import type { AppendOutcome, AppendResult, Engine, OutgoingMessage } from "@tidegate/core";

/** How long it is remembered that the group is there: one that was deleted is made again so late. */
const freshMs = 60_000;
/** Of namespaces, by the prefix of their keys; nothing rests on it, and an isolate keeps it over its requests. */
const seenAt = new Map<string, number>();
const mostSeen = 1_000;

/** What an append of one message came to; what was refused is thrown. */
export type Placed = Exclude<AppendOutcome, { status: "refused" }> & { readonly topicId: string };

/** The topic of HTTP tasks, which is made on first use. */
export class HttpTaskTopic {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Appends a message. Throws what refuses it. */
  async append(message: OutgoingMessage): Promise<Placed> {
    const result = await this.#appended(message);
    const [outcome] = result.outcomes;
    if (outcome!.status === "refused") throw outcome!.error;
    return { ...outcome!, topicId: result.topic.topicId };
  }

  /** Its id; null while nobody has used it. */
  async id(): Promise<string | null> {
    try {
      return (await this.#engine.topics.lookup(httpTaskTopic)).topicId;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Makes the topic and its group where they are missing, and leaves them as they are where not. Safe to repeat. */
  async prepare(): Promise<void> {
    const { groups, topics } = this.#engine;
    try {
      const { push } = await groups.get(httpTaskTopic, httpTaskGroup);
      // Without it nothing is delivered.
      if (push === null) {
        const { push: settings } = httpTaskGroupSettings;
        await groups.put(httpTaskTopic, httpTaskGroup, { push: settings });
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
      await topics.put(httpTaskTopic, { ticketGroup: httpTaskGroup });
      await groups.put(httpTaskTopic, httpTaskGroup, httpTaskGroupSettings);
    }
    if (seenAt.size >= mostSeen) seenAt.clear();
    seenAt.set(this.#name, performance.now());
  }

  async #appended(message: OutgoingMessage): Promise<AppendResult> {
    const at = seenAt.get(this.#name);
    if (at === undefined || performance.now() - at > freshMs) await this.prepare();
    try {
      return await this.#engine.append(httpTaskTopic, [message]);
    } catch (error) {
      // Deleted meanwhile, or of another Redis.
      if (!isMissing(error)) throw error;
      await this.prepare();
      return this.#engine.append(httpTaskTopic, [message]);
    }
  }

  get #name(): string {
    return this.#engine.taskBook.queuePrefix;
  }
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof TidegateError)) return false;
  return error.code === "TOPIC_NOT_FOUND" || error.code === "GROUP_NOT_FOUND";
}
