/**
 * The signing keys to accept, each `whsec_<base64>`: the current and the next one, so that a rotation refuses nothing. A
 * string may hold several, separated by commas; what is undefined or empty does not count, and one must be left.
 */
export type PushKeys = string | readonly (string | undefined)[];

/** The keys, or what gives them for a request: the variables of a Worker are only known with one. */
export type PushKeysOf<Env> = PushKeys | ((env: Env) => PushKeys | Promise<PushKeys>);

/** The options with the keys as they are for this environment. */
export async function withKeys<Env, Options extends { keys: PushKeysOf<Env> }>(
  options: Options,
  env: Env,
): Promise<Options & { keys: PushKeys }> {
  const { keys } = options;
  return { ...options, keys: typeof keys === "function" ? await keys(env) : keys };
}
