import { dispatchAfter, keepHouse, PushTopics } from "@tidegate/dispatcher";
import { createApp, parseTokens } from "@tidegate/http";
import { type Environment, open } from "./open.ts";

interface Context {
  waitUntil(work: Promise<void>): void;
}

/** Each request connects first, perhaps from afar: Redis is called silent later than by a server. */
const redisSilenceMs = 2_000;
const pushTopics = new PushTopics();
let app: ReturnType<typeof createApp> | null = null;

export default {
  async fetch(request: Request, environment: Environment, context: Context): Promise<Response> {
    const { bindings, keys, push, close } = open(environment);
    app ??= createApp({
      engine: (given) => (given as typeof bindings).engine,
      tasks: (given) => (given as typeof bindings).tasks,
      httpTasks: (given) => (given as typeof bindings).httpTasks,
      tokens: parseTokens(environment.TIDEGATE_TOKENS ?? ""),
      signingKeys: keys,
      redisSilenceMs,
    });
    let pushed = Promise.resolve();
    try {
      const response = await app.fetch(request, bindings);
      pushed = dispatchAfter(request, response, pushTopics, push);
      return response;
    } finally {
      context.waitUntil(pushed.then(close));
    }
  },

  async scheduled(_event: unknown, environment: Environment): Promise<void> {
    const { push, close } = open(environment);
    await keepHouse(push).finally(close);
  },
};
