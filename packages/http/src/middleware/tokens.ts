import { httpTaskTopic, parseDeadLetterTopic } from "@tidegate/contracts";

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
  | "topic"
  /** `task:<pattern>` that matches the task. */
  | "task"
  /** Any `task:<pattern>`: which tasks a body names is asked when it has been read. */
  | "some-task"
  /** `task:<pattern>` that matches `tidegate.http`. */
  | "http-task";

/** What scopes call the tasks that are calls of endpoints. */
export const httpTasks = "tidegate.http";

/** The scopes of one token, ready to be asked. */
export class Grants {
  private readonly admin: boolean;
  private readonly read: boolean;
  private readonly publish: readonly Pattern[];
  private readonly consume: readonly { topic: Pattern; group: Pattern }[];
  private readonly task: readonly Pattern[];

  /**
   * From scopes as `admin`, `read`, `publish:<topic pattern>`, `consume:<topic>/<group>`, `task:<task pattern>`; `*` stands for any
   * characters.
   */
  constructor(scopes: readonly string[]) {
    const publish: Pattern[] = [];
    const consume: { topic: Pattern; group: Pattern }[] = [];
    const task: Pattern[] = [];
    for (const scope of scopes) {
      const named = /^(publish|task):([^/]+)$/.exec(scope);
      const consumed = /^consume:([^/]+)\/([^/]+)$/.exec(scope);
      if (named !== null) (named[1] === "task" ? task : publish).push(pattern(named[2]!));
      else if (consumed !== null)
        consume.push({ topic: pattern(consumed[1]!), group: pattern(consumed[2]!) });
      else if (scope !== "admin" && scope !== "read")
        throw new TypeError(
          `no such scope: ${scope} (admin, read, publish:<topic>, consume:<topic>/<group>, task:<name>)`,
        );
    }
    this.admin = scopes.includes("admin");
    this.read = scopes.includes("read");
    this.publish = publish;
    this.consume = consume;
    this.task = task;
  }

  /**
   * Whether these scopes allow it for the topic, or the task, of this name, and the group. `admin` allows everything, `read` all that is
   * `reading`: that changes nothing, and tells no secret with which something could be changed.
   */
  allow(permission: Permission, name: string, group: string, reading = false): boolean {
    if (this.admin || permission === "open" || (reading && this.read)) return true;
    if (permission === "publish") return this.maySend(name);
    if (permission === "consume") return this.mayConsume(name, group);
    if (permission === "consume-topic") return this.mayRead(name);
    if (permission === "topic") return this.maySend(name) || this.mayRead(name);
    if (permission === "task") return this.mayRun(name);
    if (permission === "some-task") return this.task.length > 0;
    if (permission === "http-task") return this.mayRun(httpTasks);
    return false;
  }

  private mayRun(task: string): boolean {
    return this.task.some((allowed) => allowed.test(task));
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

/** What names a scope covers. */
interface Pattern {
  test(name: string): boolean;
}

/** A `*` does not reach the topic of HTTP tasks: who writes there has endpoints called, and who reads sees others' calls. */
function pattern(glob: string): Pattern {
  const source = glob.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${source.join(".*")}$`, "s");
  return { test: (name) => whole.test(name) && (name !== httpTaskTopic || glob === name) };
}
