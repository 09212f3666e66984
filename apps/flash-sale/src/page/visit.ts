import {
  type AdmissionResponse,
  type Client,
  type JoinResponse,
  type LineView,
  type TicketStatus,
  TidegateError,
} from "@tidegate/client";
import { type Membership, membershipOf } from "./membership.ts";

const topic = "orders";
const pollMs = 1_000;

/** What a visitor is told at a time; times are by the server's clock. */
export type Phase =
  | { readonly name: "arriving" }
  | { readonly name: "outside"; readonly view: LineView; readonly joining: boolean }
  | { readonly name: "gathered"; readonly view: LineView; readonly number: number }
  | { readonly name: "in line"; readonly view: LineView; readonly place: number }
  | {
      readonly name: "turn";
      readonly admission: AdmissionResponse;
      readonly leadMs: number;
      readonly buying: boolean;
    }
  | { readonly name: "ordered"; readonly status: TicketStatus | null }
  | { readonly name: "missed" }
  | { readonly name: "sold out" }
  | { readonly name: "one each" }
  | { readonly name: "broken"; readonly text: string };

/** One visitor on his way through one sale; survives a reload of the page. */
export class Visit {
  readonly #client: Client;
  readonly #show: (phase: Phase, view: LineView | null) => void;
  #membership: Membership | null = null;
  /** Sales that are over for him: what is told late of them is not gone back to. */
  readonly #past = new Set<string>();
  #view: LineView | null = null;
  #phase: Phase = { name: "arriving" };
  /** Ends what goes on: a poll, a wait, a ticket's events. */
  #stage = new AbortController();

  constructor(client: Client, show: (phase: Phase, view: LineView | null) => void) {
    this.#client = client;
    this.#show = show;
  }

  /** Begins a sale, or goes on where the page was left. */
  enter(saleId: string): void {
    if (this.#membership?.saleId === saleId || this.#past.has(saleId)) return;
    this.#turnTo(saleId);
    const { joined, ticket } = this.#membership!;
    if (ticket !== null) void this.#run((signal) => this.#watch(ticket, signal));
    else if (joined !== null) void this.#run((signal) => this.#wait(joined, signal));
    else void this.#run((signal) => this.#look(signal));
  }

  async join(): Promise<void> {
    if (this.#phase.name === "outside") this.#tell({ ...this.#phase, joining: true });
    await this.#run(async (signal) => {
      const joined = await this.#client.line(topic).join({ signal });
      // It may be the line of a sale that has begun since the last look.
      if (this.#membership?.saleId !== joined.id) this.#turnTo(joined.id);
      this.#membership!.save({ joined, ticket: null });
      await this.#wait(joined, signal);
    });
  }

  #turnTo(saleId: string): void {
    if (this.#membership !== null) this.#past.add(this.#membership.saleId);
    this.#membership = membershipOf(saleId);
  }

  async buy(): Promise<void> {
    const membership = this.#membership;
    const phase = this.#phase;
    if (phase.name !== "turn" || phase.buying || membership === null) return;
    this.#tell({ ...phase, buying: true });
    await this.#run(async (signal) => {
      const id = `${membership.saleId}-${membership.buyer}`;
      const { messages } = await this.#client.publish(
        topic,
        {
          key: membership.buyer,
          value: { order: id },
          idempotencyKey: id,
          admission: phase.admission.admission,
        },
        { signal },
      );
      const { ticket } = messages[0]!;
      membership.save({ joined: membership.joined, ticket });
      await this.#watch(ticket, signal);
    });
  }

  /** Before he has joined: the countdown, and how many there are. */
  async #look(signal: AbortSignal): Promise<void> {
    for (;;) {
      const view = await this.#client.line(topic).get({ signal });
      this.#view = view;
      this.#tell(view.state === "ended" ? { name: "sold out" } : { name: "outside", view, joining: false });
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      signal.throwIfAborted();
    }
  }

  async #wait(joined: JoinResponse, signal: AbortSignal): Promise<void> {
    const admission = await this.#client.line(topic).turn(joined, {
      signal,
      pollMs: 2_000,
      onView: (view, place) => {
        this.#view = view;
        this.#tell(
          place === null
            ? { name: "gathered", view, number: joined.number }
            : { name: "in line", view, place },
        );
      },
    });
    const leadMs = admission.at - Date.now();
    this.#tell({ name: "turn", admission, leadMs, buying: false });
    await new Promise((resolve) => setTimeout(resolve, admission.expiresAt - admission.at));
    signal.throwIfAborted();
    throw new TidegateError("ADMISSION_EXPIRED");
  }

  async #watch(ticket: string, signal: AbortSignal): Promise<void> {
    this.#tell({ name: "ordered", status: null });
    for await (const status of this.#client.watchTicket(ticket, { signal }))
      this.#tell({ name: "ordered", status });
  }

  /** Does something in place of what went on; what ends it is told. */
  async #run(stage: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#stage.abort();
    this.#stage = new AbortController();
    const { signal } = this.#stage;
    try {
      await stage(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#tell(endingOf(error));
    }
  }

  #tell(phase: Phase): void {
    this.#phase = phase;
    this.#show(phase, this.#view);
  }
}

function endingOf(error: unknown): Phase {
  const code = error instanceof TidegateError ? error.code : null;
  if (code === "SOLD_OUT") return { name: "sold out" };
  if (code === "KEY_LIMIT" || code === "ADMISSION_USED") return { name: "one each" };
  if (code === "ADMISSION_EXPIRED") return { name: "missed" };
  return { name: "broken", text: error instanceof Error ? error.message : String(error) };
}
