import { cli } from "./cli/cli.ts";
import { commands } from "./commands/commands.ts";
import { consoleStream } from "./console/console.ts";
import { consume } from "./consume/consume.ts";
import { growthBacklog } from "./growth/growth-backlog.ts";
import { growthDelayed } from "./growth/growth-delayed.ts";
import { growthGroups } from "./growth/growth-groups.ts";
import { growthPartitions } from "./growth/growth-partitions.ts";
import { httpEnqueue } from "./http-enqueue/http-enqueue.ts";
import { httpPublish, httpPublishIdempotent } from "./http-publish/http-publish.ts";
import { idle } from "./idle/idle.ts";
import { lanes } from "./lanes/lanes.ts";
import { lanesNoisy } from "./lanes/lanes-noisy.ts";
import { latency } from "./latency/latency.ts";
import { line } from "./line/line.ts";
import { memory } from "./memory/memory.ts";
import { metricsOverhead } from "./metrics/metrics-overhead.ts";
import { produce } from "./produce/produce.ts";
import { push } from "./push/push.ts";
import { pushBurst } from "./push/push-burst.ts";
import type { Scenario } from "./scenario.ts";
import { tasks } from "./tasks/tasks.ts";
import { tasksDue } from "./tasks/tasks-due.ts";
import { tickets } from "./tickets/tickets.ts";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  produce,
  consume,
  httpPublish,
  httpPublishIdempotent,
  httpEnqueue,
  latency,
  growthBacklog,
  growthPartitions,
  growthGroups,
  growthDelayed,
  lanes,
  lanesNoisy,
  line,
  tickets,
  tasks,
  tasksDue,
  cli,
  memory,
  metricsOverhead,
  push,
  pushBurst,
  commands,
  consoleStream,
  idle,
];
