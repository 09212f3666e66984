import type { Enqueued } from "@tidegate/contracts";

/** Answers of one route, counted by status. */
export class RouteCounter {
  readonly method: string;
  readonly path: string;
  readonly byStatus = new Map<number, number>();

  constructor(method: string, path: string) {
    this.method = method;
    this.path = path;
  }

  count(status: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
  }
}

/** What one process counted since its start, as Prometheus text. */
export class Metrics {
  private readonly routes: RouteCounter[] = [];
  requestsInFlight = 0;
  messagesAdmitted = 0;
  messagesRefused = 0;
  messagesDelivered = 0;
  tasksEnqueued = 0;
  tasksDuplicate = 0;
  httpTasksEnqueued = 0;
  httpTasksDuplicate = 0;
  readonly settled = { acked: 0, retried: 0, released: 0, deadLettered: 0 };
  readonly #more: () => string;

  /** @param more families of others, as lines of the same format */
  constructor(more: () => string = () => "") {
    this.#more = more;
  }

  /** The counter that is shown under this route, however many ways lead to it. */
  route(method: string, path: string): RouteCounter {
    const known = this.routes.find((route) => route.method === method && route.path === path);
    if (known !== undefined) return known;
    const counter = new RouteCounter(method, path);
    this.routes.push(counter);
    return counter;
  }

  /** Counts a run that was enqueued. */
  countTask({ duplicate }: Enqueued): void {
    if (duplicate === true) this.tasksDuplicate += 1;
    else this.tasksEnqueued += 1;
  }

  /** Counts an HTTP task that was enqueued. */
  countHttpTask({ duplicate }: Enqueued): void {
    if (duplicate === true) this.httpTasksDuplicate += 1;
    else this.httpTasksEnqueued += 1;
  }

  /** The exposition format of Prometheus, version 0.0.4. */
  text(): string {
    const lines: string[] = [];
    family(lines, "tidegate_http_requests_total", "Answered requests by route and status.");
    for (const { method, path, byStatus } of this.routes) {
      for (const [status, count] of byStatus) {
        lines.push(
          `tidegate_http_requests_total{method="${method}",route="${path}",status="${status}"} ${count}`,
        );
      }
    }
    family(
      lines,
      "tidegate_http_requests_in_flight",
      "Requests that are being answered, this one included.",
      "gauge",
    );
    lines.push(`tidegate_http_requests_in_flight ${this.requestsInFlight}`);
    family(lines, "tidegate_published_messages_total", "Messages of publish requests by outcome.");
    lines.push(`tidegate_published_messages_total{outcome="admitted"} ${this.messagesAdmitted}`);
    lines.push(`tidegate_published_messages_total{outcome="refused"} ${this.messagesRefused}`);
    family(lines, "tidegate_received_messages_total", "Messages handed out with leases over HTTP.");
    lines.push(`tidegate_received_messages_total ${this.messagesDelivered}`);
    family(lines, "tidegate_settled_messages_total", "Messages of settle requests by outcome.");
    for (const [outcome, count] of Object.entries(this.settled))
      lines.push(`tidegate_settled_messages_total{outcome="${outcome}"} ${count}`);
    family(lines, "tidegate_enqueued_tasks_total", "Runs of tasks that requests asked for, by outcome.");
    lines.push(`tidegate_enqueued_tasks_total{kind="task",outcome="new"} ${this.tasksEnqueued}`);
    lines.push(`tidegate_enqueued_tasks_total{kind="task",outcome="duplicate"} ${this.tasksDuplicate}`);
    lines.push(`tidegate_enqueued_tasks_total{kind="http",outcome="new"} ${this.httpTasksEnqueued}`);
    lines.push(`tidegate_enqueued_tasks_total{kind="http",outcome="duplicate"} ${this.httpTasksDuplicate}`);
    return `${lines.join("\n")}\n${this.#more()}`;
  }
}

function family(lines: string[], name: string, help: string, type: "counter" | "gauge" = "counter"): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}
