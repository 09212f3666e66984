/** A host and port of Redis. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** What the address of a Redis names. */
export type RedisAddress =
  | { readonly kind: "single"; readonly url: string }
  | ({ readonly kind: "cluster"; readonly nodes: readonly RedisNode[] } & Access)
  | ({
      readonly kind: "sentinel";
      readonly sentinels: readonly RedisNode[];
      /** The name under which the Sentinels watch the master. */
      readonly master: string;
      readonly database: number;
      /** Of the Sentinels themselves, where they want one. */
      readonly sentinelPassword: string | null;
    } & Access);

interface Access {
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: boolean;
}

const sentinelUrl =
  /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^@/?]+)(?:\/([^/?]*))?(?:\/([^/?]*))?(?:\?(.*))?$/;
const usualPort = 6379;
const usualSentinelPort = 26_379;

/**
 * Reads
 * - `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS: one server;
 * - several of them separated by commas, or `redis+cluster://`, `rediss+cluster://`: nodes of a cluster, of which the
 *   first says user and password;
 * - `redis+sentinel://[user:password@]host[:port],host[:port]/master[/database][?sentinelPassword=…]`, `rediss+sentinel://`
 *   with TLS to the Sentinels and to Redis: the master that these Sentinels watch under that name.
 *
 * What is part of a password is percent-encoded. Throws an Error of one line, which repeats nothing of the URL.
 */
export function readRedisAddress(url: string): RedisAddress {
  const scheme = /^(rediss?(?:\+[a-z]+)?):\/\//.exec(url)?.[1];
  if (scheme === "redis+sentinel" || scheme === "rediss+sentinel") return readSentinels(url);
  if (scheme === "redis+cluster" || scheme === "rediss+cluster") return readCluster(url);
  if (scheme !== "redis" && scheme !== "rediss") {
    throw new Error(
      "must begin with redis://, rediss://, redis+cluster://, rediss+cluster://, redis+sentinel:// or rediss+sentinel://",
    );
  }
  if (url.includes(",")) return readCluster(url);
  parseUrl(url);
  return { kind: "single", url };
}

function readCluster(url: string): RedisAddress {
  const urls = url.split(",").map((node) => {
    const withScheme = /^[a-z+]+:\/\//.test(node.trim()) ? node.trim() : `redis://${node.trim()}`;
    return parseUrl(withScheme.replace("+cluster:", ":"));
  });
  if (urls.some(({ pathname }) => pathname.length > 1))
    throw new Error("a cluster has no numbered databases: nothing may follow its hosts");
  const first = urls[0]!;
  return {
    kind: "cluster",
    nodes: urls.map((node) => nodeOf(node, usualPort)),
    ...accessOf(first.username, first.password, first.protocol === "rediss:"),
  };
}

function readSentinels(url: string): RedisAddress {
  const [, scheme, login = "", hosts = "", master = "", database = "", query = ""] =
    sentinelUrl.exec(url) ?? [];
  if (scheme === undefined)
    throw new Error("is not of the form redis+sentinel://[user:password@]host:port,host:port/master");
  if (master === "") throw new Error("names no master: redis+sentinel://host:port,host:port/master");
  if (!/^\d{0,4}$/.test(database))
    throw new Error("has behind the master's name what is no number of a database");
  const options = new URLSearchParams(query);
  for (const name of options.keys())
    if (name !== "sentinelPassword")
      throw new Error("knows of Sentinels the option sentinelPassword, and no other");
  const { username, password } = parseUrl(`redis://${login === "" ? "" : `${login}@`}host`);
  return {
    kind: "sentinel",
    sentinels: hosts.split(",").map((host) => nodeOf(parseUrl(`redis://${host.trim()}`), usualSentinelPort)),
    master: decodeURIComponent(master),
    database: Number(database),
    sentinelPassword: options.get("sentinelPassword"),
    ...accessOf(username, password, scheme === "rediss"),
  };
}

function accessOf(username: string, password: string, tls: boolean): Access {
  const decode = (text: string) => (text === "" ? null : decodeURIComponent(text));
  return { username: decode(username), password: decode(password), tls };
}

function nodeOf({ hostname, port }: URL, otherwise: number): RedisNode {
  if (hostname === "") throw new Error("names a node without a host");
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? otherwise : Number(port) };
}

/** The URL has the password in it: what the parser says of it is not repeated. */
function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new Error("is not a URL (a password with reserved characters is percent-encoded)");
  }
}
