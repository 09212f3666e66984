import { readFileSync } from "node:fs";
import { Engine } from "@tidegate/core";
import { openJournal } from "../history/journal.ts";
import { monotonicNow } from "../history/monotonic.ts";
import { seededRandom } from "../random.ts";
import type { ActorConfig, ActorOrder, Role } from "./actor-config.ts";
import type { ActorContext } from "./actor-context.ts";
import { connect } from "./connect.ts";
import { publishByHttp, pullByHttp } from "./http-roles.ts";
import { produceDelayed, produceIdempotent, produceKeyed, producePlain, sendBuyers } from "./producers.ts";
import { consumeByPull } from "./pull-consumer.ts";
import { consumeWithSdk } from "./sdk-consumer.ts";

/** A process with clients: node actor.ts <file of its ActorConfig>. It ends with the one that started it. */
const config: ActorConfig = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const hush = new AbortController();
const stop = new AbortController();
process.on("disconnect", () => process.exit(1));
process.on("SIGINT", () => {});
process.on("message", (order: ActorOrder) => {
  hush.abort();
  if (order === "stop") stop.abort();
});

const redis = connect(config);
const engine = new Engine({ redis, namespace: config.namespace, callTimeoutMs: 3000 });
const journal = openJournal(config.journal, config.name);
await engine.start();
const context: ActorContext = {
  name: config.name,
  engine,
  journal,
  random: seededRandom(config.seed),
  trueNow: () => monotonicNow() + config.wallOffset,
  hush: hush.signal,
  stop: stop.signal,
};
process.send!("ready");
await Promise.all(config.roles.map(play));
await engine.stop();
redis.disconnect();
journal.close();
process.exit(0);

/** A role that fails begins anew: an app would be restarted. */
async function play(role: Role): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      return await playOnce(role);
    } catch (error) {
      if (process.env.CHAOS_DEBUG) console.error(config.name, role.role, error);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function playOnce(role: Role): Promise<void> {
  switch (role.role) {
    case "plain":
      return producePlain(context, role.topic, role.acks);
    case "keyed":
      return produceKeyed(context, role.topic, role.acks);
    case "idempotent":
      return produceIdempotent(context, role.topic, role.acks);
    case "delayed":
      return produceDelayed(context, role.topic, role.acks);
    case "buyers":
      return sendBuyers(context, role.topic);
    case "sdk":
      return consumeWithSdk(context, role);
    case "pull":
      return consumeByPull(context, role);
    case "http-publish":
      return publishByHttp(context, role);
    case "http-pull":
      return pullByHttp(context, role);
  }
}
