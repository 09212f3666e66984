import { type PushContext, type PushHandler, type PushOptions, receiveMessages } from "./handle-push.ts";
import { type PushKeysOf, withKeys } from "./signing-keys.ts";

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  // biome-ignore lint/suspicious/noExplicitAny: as Hono has it, for bindings of any shape
  readonly env: any;
  // biome-ignore lint/suspicious/noExplicitAny: a status is a union of numbers there
  body(data: string | null, status: any, headers: Record<string, string>): Response;
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
  return async (c) => {
    const { raw } = c.req;
    const { status, headers, body } = await receiveMessages(
      raw,
      await withKeys(options, c.env),
      (message, context) => handler(message, { ...context, c }),
      raw.signal,
    );
    // Not a Response of our own, which would lose what middleware has set.
    return c.body(body === "" ? null : body, status, { ...headers });
  };
}
