import type {
  AuditReport,
  CreditResponse,
  DeadLetterPage,
  Diagnosis,
  ExtendRequest,
  ExtendResponse,
  PublishResponse,
  ReadResponse,
  ReceiveResponse,
  RedriveRequest,
  RedriveResponse,
  SettleRequest,
  SettleResponse,
  TicketStatus,
} from "@tidegate/contracts";
import { type DeadLetterQuery, deadLetters, redrive } from "./dead-letters.ts";
import { audit, doctor } from "./examine.ts";
import { credit } from "./gate.ts";
import { Groups } from "./groups.ts";
import { type CallOptions, type ClientOptions, Http } from "./http.ts";
import { extend, type ReceiveOptions, receive, settle } from "./leases.ts";
import { WaitingLine } from "./line.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { type PublishOptions, type PublishRawOptions, publish, publishRaw } from "./publish.ts";
import { type ReadQuery, read } from "./read.ts";
import { type RequestOptions, request } from "./request.ts";
import { HttpTasks } from "./tasks/http-tasks.ts";
import { Tasks } from "./tasks/tasks.ts";
import { type TicketOptions, ticket } from "./tickets.ts";
import { Topics } from "./topics.ts";
import type { WatchOptions } from "./watch-states.ts";
import { watchTicket } from "./watch-ticket.ts";

/**
 * Speaks to a Tidegate server with fetch. Keeps no connection and no state between calls. Repeats what is safe
 * to repeat; every failure is a TidegateError, told apart by `code`.
 */
export class Client {
  readonly topics: Topics;
  readonly groups: Groups;
  /** Runs of tasks. */
  readonly tasks: Tasks;
  /** Calls of endpoints. */
  readonly httpTasks: HttpTasks;
  readonly #http: Http;

  /** Throws INVALID with the name of the option. */
  constructor(options: ClientOptions) {
    this.#http = new Http(options);
    this.topics = new Topics(this.#http);
    this.groups = new Groups(this.#http);
    this.tasks = new Tasks(this.#http);
    this.httpTasks = new HttpTasks(this.#http);
  }

  /** Publishes up to 1,000 messages; resolves when all were admitted. See `outcomesOf` for when some were not. */
  publish(
    topic: string,
    messages: OutgoingMessage | readonly OutgoingMessage[],
    options?: PublishOptions,
  ): Promise<PublishResponse> {
    return publish(this.#http, topic, messages, options);
  }

  /** Publishes one message whose value is the body, byte for byte. */
  publishRaw(
    topic: string,
    body: Uint8Array | string,
    options?: PublishRawOptions,
  ): Promise<PublishResponse> {
    return publishRaw(this.#http, topic, body, options);
  }

  /** Publishes a message and waits for its handler's result. Throws HANDLER_FAILED, REPLY_TIMEOUT. */
  request<Result = unknown>(
    topic: string,
    message: OutgoingMessage,
    options?: RequestOptions,
  ): Promise<Result> {
    return request<Result>(this.#http, topic, message, options);
  }

  /** Asks what has become of a message, by what its publish was answered with. Throws NOT_FOUND. */
  ticket(id: string, options?: TicketOptions): Promise<TicketStatus> {
    return ticket(this.#http, id, options);
  }

  /** A ticket's states as they change, up to the final one. Throws NOT_FOUND. */
  watchTicket(id: string, options?: WatchOptions): AsyncGenerator<TicketStatus, void, undefined> {
    return watchTicket(this.#http, id, options);
  }

  /** Leases messages of a group; with `waitMs`, waits for the first. */
  receive(topic: string, group: string, options?: ReceiveOptions): Promise<ReceiveResponse> {
    return receive(this.#http, topic, group, options);
  }

  /** Ends a lease; what is named nowhere is retried, unless `ack` is `"all"`. Throws LEASE_LOST. */
  settle(
    topic: string,
    group: string,
    leaseId: string,
    outcome: SettleRequest,
    options?: CallOptions,
  ): Promise<SettleResponse> {
    return settle(this.#http, topic, group, leaseId, outcome, options);
  }

  /** Moves a lease's deadline; may acknowledge what is done so far. Throws LEASE_LOST. */
  extend(
    topic: string,
    group: string,
    leaseId: string,
    request?: ExtendRequest,
    options?: CallOptions,
  ): Promise<ExtendResponse> {
    return extend(this.#http, topic, group, leaseId, request, options);
  }

  /** Reads a partition without a group. */
  read(topic: string, partition: number, query?: ReadQuery, options?: CallOptions): Promise<ReadResponse> {
    return read(this.#http, topic, partition, query, options);
  }

  /** Lists a group's dead letters. */
  deadLetters(
    topic: string,
    group: string,
    query?: DeadLetterQuery,
    options?: CallOptions,
  ): Promise<DeadLetterPage> {
    return deadLetters(this.#http, topic, group, query, options);
  }

  /** Hands dead letters to their group again. */
  redrive(
    topic: string,
    group: string,
    what: RedriveRequest,
    options?: CallOptions,
  ): Promise<RedriveResponse> {
    return redrive(this.#http, topic, group, what, options);
  }

  /** Returns the stock that a message took, once. */
  credit(topic: string, ticket: string, options?: CallOptions): Promise<CreditResponse> {
    return credit(this.#http, topic, ticket, options);
  }

  /** Examines Redis for what endangers messages; the worst findings first. */
  doctor(options?: CallOptions): Promise<Diagnosis> {
    return doctor(this.#http, options);
  }

  /** Recounts a topic; its findings are empty when all adds up. May take minutes, and has ten. Throws TOPIC_NOT_FOUND. */
  audit(topic: string, options?: CallOptions): Promise<AuditReport> {
    return audit(this.#http, topic, options);
  }

  /** The waiting line in front of a topic. */
  line(topic: string): WaitingLine {
    return new WaitingLine(this.#http, topic);
  }
}
