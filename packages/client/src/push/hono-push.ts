import { handlePush, type PushContext, type PushHandler, type PushOptions } from "./handle-push.ts";
import { type PushKeysOf, withKeys } from "./signing-keys.ts";

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  // biome-ignore lint/suspicious/noExplicitAny: as Hono has it, for bindings of any shape
  readonly env: any;
}

export interface HonoPushOptions<Context extends HonoContext> extends Omit<PushOptions, "keys"> {
  /** May be a function of `c.env`. */
  keys: PushKeysOf<Context["env"]>;
}

/**
 * A route of Hono that receives pushes: `app.post("/push", honoPush({ keys }, handler))`. The handler's context has `c`, of
 * the type that `honoPush<Context<…>>` is given.
 */
export function honoPush<Context extends HonoContext>(
  options: HonoPushOptions<Context>,
  handler: PushHandler<PushContext & { readonly c: Context }>,
): (c: Context) => Promise<Response> {
  return async (c) =>
    handlePush(c.req.raw, await withKeys(options, c.env), (message, context) =>
      handler(message, { ...context, c }),
    );
}
