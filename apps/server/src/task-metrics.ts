import type { SchedulerEvent } from "@tidegate/tasks/http-tasks";

/** What the schedules of HTTP tasks came to since this process started, as Prometheus text. */
export class TaskMetrics {
  #planned = 0;
  #lost = 0;

  count({ type }: SchedulerEvent): void {
    if (type === "planned") this.#planned += 1;
    else if (type === "lost") this.#lost += 1;
  }

  text(): string {
    const lines = [
      "# HELP tidegate_scheduled_calls_total Times of schedules of HTTP tasks that this process carried out, by outcome.",
      "# TYPE tidegate_scheduled_calls_total counter",
      `tidegate_scheduled_calls_total{outcome="enqueued"} ${this.#planned}`,
      `tidegate_scheduled_calls_total{outcome="lost"} ${this.#lost}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}
