import { type CallOptions, type Http, pathOf } from "../http.ts";
import { deleteOnce } from "../topics.ts";

/** The schedules below one address. */
export class Schedules<Settings, Schedule> {
  readonly #http: Http;
  readonly #path: string;

  /** @param path where they are, its parts escaped */
  constructor(http: Http, path: string) {
    this.#http = http;
    this.#path = path;
  }

  /** Makes a schedule, or replaces it. Safe to repeat, and to do from two deployments at once. */
  async put(
    id: string,
    settings: Settings,
    options: CallOptions = {},
  ): Promise<{ schedule: Schedule; created: boolean }> {
    const answer = await this.#http.send<Schedule>(
      { method: "PUT", path: this.#of(id), json: settings, repeatable: true },
      options,
    );
    return { schedule: answer.body, created: answer.status === 201 };
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  async get(id: string, options: CallOptions = {}): Promise<Schedule> {
    return (await this.#http.send<Schedule>({ method: "GET", path: this.#of(id), repeatable: true }, options))
      .body;
  }

  /** All of them by id. */
  async list(options: CallOptions = {}): Promise<Schedule[]> {
    const { body } = await this.#http.send<{ schedules: Schedule[] }>(
      { method: "GET", path: this.#path, repeatable: true },
      options,
    );
    return body.schedules;
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  async pause(id: string, options: CallOptions = {}): Promise<void> {
    const path = `${this.#of(id)}/pause`;
    await this.#http.send({ method: "POST", path, repeatable: true }, options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  async resume(id: string, options: CallOptions = {}): Promise<void> {
    const path = `${this.#of(id)}/resume`;
    await this.#http.send({ method: "POST", path, repeatable: true }, options);
  }

  /** Throws SCHEDULE_NOT_FOUND. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const deletion = this.#http.send({ method: "DELETE", path: this.#of(id), repeatable: true }, options);
    await deleteOnce(deletion, "SCHEDULE_NOT_FOUND");
  }

  #of(id: string): string {
    return `${this.#path}/${pathOf(id)}`;
  }
}
