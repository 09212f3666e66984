import type { PushEvent } from "@tidegate/dispatcher";

/** What pushing came to since this process started, as Prometheus text. */
export class PushMetrics {
  readonly #messages = { acknowledged: 0, retried: 0, "dead-lettered": 0 };
  #calls = 0;
  #callMs = 0;
  #holds = 0;

  count(event: PushEvent): void {
    if (event.type === "answered") {
      this.#calls += 1;
      this.#callMs += event.ms;
      this.#messages.acknowledged += event.acknowledged;
    } else if (event.type === "failed") {
      this.#messages[event.becomes === "retry" ? "retried" : "dead-lettered"] += event.ids.length;
    } else if (event.type === "held") this.#holds += 1;
  }

  text(): string {
    const lines = [
      "# HELP tidegate_pushed_messages_total Messages of pushed requests by what became of them.",
      "# TYPE tidegate_pushed_messages_total counter",
      ...Object.entries(this.#messages).map(
        ([outcome, count]) => `tidegate_pushed_messages_total{outcome="${outcome}"} ${count}`,
      ),
      "# HELP tidegate_push_call_seconds How long calls took that were answered with a 2xx.",
      "# TYPE tidegate_push_call_seconds summary",
      `tidegate_push_call_seconds_sum ${this.#callMs / 1000}`,
      `tidegate_push_call_seconds_count ${this.#calls}`,
      "# HELP tidegate_push_holds_total How often an endpoint was left alone for a while.",
      "# TYPE tidegate_push_holds_total counter",
      `tidegate_push_holds_total ${this.#holds}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}
