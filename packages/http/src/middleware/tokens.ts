import { parseDeadLetterTopic } from "@tidegate/contracts";

/** What a route asks of a token. `open` asks nothing. */
export type Permission =
  | "open"
  /** The scope `admin`. */
  | "admin"
  /** `publish:<pattern>` that matches the topic. */
  | "publish"
  /** `consume:<topic>/<group>` that matches both. */
  | "consume"
  /** `consume:<topic>/<any group>` that matches the topic. */
  | "consume-topic"
  /** Any scope that names the topic. */
  | "topic";

/** The scopes of one token, ready to be asked. */
export class Grants {
  private readonly admin: boolean;
  private readonly publish: readonly RegExp[];
  private readonly consume: readonly { topic: RegExp; group: RegExp }[];

  /** From scopes as `admin`, `publish:<topic pattern>`, `consume:<topic>/<group>`; `*` stands for any characters. */
  constructor(scopes: readonly string[]) {
    const publish: RegExp[] = [];
    const consume: { topic: RegExp; group: RegExp }[] = [];
    for (const scope of scopes) {
      const published = /^publish:([^/]+)$/.exec(scope);
      const consumed = /^consume:([^/]+)\/([^/]+)$/.exec(scope);
      if (published !== null) publish.push(pattern(published[1]!));
      else if (consumed !== null)
        consume.push({ topic: pattern(consumed[1]!), group: pattern(consumed[2]!) });
      else if (scope !== "admin")
        throw new TypeError(`no such scope: ${scope} (admin, publish:<topic>, consume:<topic>/<group>)`);
    }
    this.admin = scopes.includes("admin");
    this.publish = publish;
    this.consume = consume;
  }

  /** Whether these scopes allow it for this topic and group. `admin` allows everything. */
  allow(permission: Permission, topic: string, group: string): boolean {
    if (this.admin || permission === "open") return true;
    if (permission === "publish") return this.maySend(topic);
    if (permission === "consume") return this.mayConsume(topic, group);
    if (permission === "consume-topic") return this.mayRead(topic);
    if (permission === "topic") return this.maySend(topic) || this.mayRead(topic);
    return false;
  }

  private maySend(topic: string): boolean {
    return this.publish.some((allowed) => allowed.test(topic));
  }

  private mayConsume(topic: string, group: string): boolean {
    return this.consume.some((allowed) => allowed.topic.test(topic) && allowed.group.test(group));
  }

  /** A dead-letter log belongs to its group, whatever other topics are named. */
  private mayRead(topic: string): boolean {
    const origin = parseDeadLetterTopic(topic);
    if (origin !== null) return this.mayConsume(origin.topic, origin.group);
    return this.consume.some((allowed) => allowed.topic.test(topic));
  }
}

/** The tokens that a deployment knows. */
export type Tokens = ReadonlyMap<string, Grants>;

/**
 * Reads `<token>=<scope>,<scope>;<token>=<scope>`, as it stands in TIDEGATE_TOKENS. Tokens are separated by semicolons
 * or white space; a token may hold `=` (as base64 does), since the last one before the scopes counts.
 */
export function parseTokens(text: string): Tokens {
  const tokens = new Map<string, Grants>();
  for (const entry of text.split(/[;\s]+/)) {
    if (entry === "") continue;
    const separator = entry.lastIndexOf("=");
    const token = entry.slice(0, separator);
    if (separator < 1) throw new TypeError("each token is written as <token>=<scope>,<scope>");
    if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("a token consists of visible ASCII characters");
    if (tokens.has(token)) throw new TypeError("a token is given twice");
    tokens.set(token, new Grants(entry.slice(separator + 1).split(",")));
  }
  return tokens;
}

function pattern(glob: string): RegExp {
  const source = glob.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "s");
}
