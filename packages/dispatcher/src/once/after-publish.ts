import { httpTaskTopic } from "@tidegate/contracts";
import type { Engine } from "@tidegate/core";
import { asTidegateError } from "../push/as-tidegate-error.ts";
import { type FoundGroup, pushGroupsOf } from "../push/push-groups.ts";
import { type DispatchOnceOptions, dispatchOnce } from "./dispatch-once.ts";

/** How long a topic's push groups are remembered: a new one waits for the clock's next round instead, at most. */
const freshMs = 10_000;
const mostTopics = 1_000;

const publishPath = /^\/v1\/topics\/([A-Za-z0-9._-]+)\/messages$/;
const httpTaskPath = "/v1/http-tasks";

/**
 * Pushes what a request has published, where its topic has push groups, or calls what it has enqueued as HTTP task: for
 * `waitUntil`, behind the answer. Does nothing for other requests. Never throws.
 */
export async function dispatchAfter(
  request: Request,
  response: Response,
  topics: PushTopics,
  options: DispatchOnceOptions,
): Promise<void> {
  const topic = publishedTopic(request, response);
  if (topic === null) return;
  try {
    const groups = await topics.groupsOf(options.engine, topic);
    if (groups.length > 0) await dispatchOnce({ ...options, groups });
  } catch (error) {
    options.onEvent?.({ type: "error", error: asTidegateError(error) });
  }
}

/** The topic that a request has published to, by its answer; null when it has not. */
function publishedTopic(request: Request, response: Response): string | null {
  if (request.method !== "POST" || (response.status !== 202 && response.status !== 409)) return null;
  const { pathname } = new URL(request.url);
  if (pathname === httpTaskPath) return httpTaskTopic;
  return publishPath.exec(pathname)?.[1] ?? null;
}

/**
 * The push groups of topics as an isolate saw them last, so that a publish to a topic without any costs no question.
 * Nothing rests on it.
 */
export class PushTopics {
  readonly #seen = new Map<string, { readonly groups: readonly FoundGroup[]; readonly at: number }>();

  async groupsOf(engine: Engine, topic: string): Promise<readonly FoundGroup[]> {
    const seen = this.#seen.get(topic);
    if (seen !== undefined && Date.now() - seen.at < freshMs) return seen.groups;
    const groups = await pushGroupsOf(engine, topic);
    if (this.#seen.size >= mostTopics) this.#seen.clear();
    this.#seen.set(topic, { groups, at: Date.now() });
    return groups;
  }
}
