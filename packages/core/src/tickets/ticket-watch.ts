import { isFinal, TidegateError } from "@tidegate/contracts";
import type { Waker } from "../wake/waker.ts";
import type { TicketLooks } from "./ticket-looks.ts";
import type { TicketPlace, TicketStanding } from "./ticket-standing.ts";

/** Somebody who wants to know of each change of a ticket. */
export interface Viewer {
  /** Becomes a place in the log once a delayed message is there. */
  place: TicketPlace;
  /** What he was told last; null before the first time. */
  seen: TicketStanding | null;
  onLook(standing: TicketStanding): void;
  /** Nothing more will come: the topic is gone. */
  onGone(error: TidegateError): void;
}

/** How often a partition is looked at for its viewers: while one of them is near its turn, and else. */
const nearMs = 250;
const farMs = 1_000;
/** What counts as near while the rate is unknown. */
const nearPositions = 100;
/** Results may come by the thousand a second; looks do not. */
const leastGapMs = 20;
/** How long the subscription outlives the last viewer: the next one is often just coming. */
const lingerMs = 5_000;

/**
 * Watches one partition for all viewers of this process: one look for all of them now and then, and one when a result is
 * there. Who stands behind what was handed out is told from where the group stands, without being looked up.
 */
export class TicketWatch {
  readonly #topicId: string;
  readonly #partition: number;
  readonly #channel: string;
  readonly #looks: TicketLooks;
  readonly #waker: Waker;
  readonly #viewers = new Set<Viewer>();
  readonly #onIdle: () => void;
  #next = 0;
  #running = false;
  #stopped = false;
  #lookAgain = false;
  #sleep = new AbortController();
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(
    topicId: string,
    partition: number,
    channel: string,
    looks: TicketLooks,
    waker: Waker,
    onIdle: () => void,
  ) {
    this.#topicId = topicId;
    this.#partition = partition;
    this.#channel = channel;
    this.#looks = looks;
    this.#waker = waker;
    this.#onIdle = onIdle;
  }

  /** Tells the viewer of every look from now on, until the returned function is called. */
  add(viewer: Viewer): () => void {
    clearTimeout(this.#linger);
    this.#viewers.add(viewer);
    this.#lookAgain = true;
    this.#sleep.abort();
    if (!this.#running && !this.#stopped) void this.#run();
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#sleep.abort();
    };
  }

  /** Ends the looks; viewers are told nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#linger);
    this.#sleep.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#viewers.size > 0 && !this.#stopped) {
      const wakes = await this.#waker.watch([this.#channel]).catch(() => false);
      const heard = this.#waker.count(this.#channel);
      const lookedAt = Date.now();
      this.#lookAgain = false;
      this.#sleep = new AbortController();
      const pauseMs = await this.#look(wakes);
      if (this.#lookAgain || this.#waker.count(this.#channel) !== heard) await this.#pause(leastGapMs);
      else {
        await this.#waker.wait([this.#channel], lookedAt + pauseMs, this.#sleep.signal);
        const gap = lookedAt + leastGapMs - Date.now();
        if (gap > 0) await this.#pause(gap);
      }
    }
    this.#running = false;
    if (this.#stopped) return;
    this.#linger = setTimeout(() => {
      this.#waker.forget([this.#channel]);
      this.#onIdle();
    }, lingerMs);
    // It keeps no process alive.
    (this.#linger as { unref?(): void }).unref?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Returns after how many milliseconds to look again. */
  async #look(wake: boolean): Promise<number> {
    try {
      const before = this.#next;
      let isNear = await this.#lookFor((offset, seen) => seen === null || offset < before, wake);
      // Those who were handed out just now were passed over as waiting.
      if (this.#next > before)
        isNear = (await this.#lookFor((offset) => offset >= before && offset < this.#next, false)) || isNear;
      return isNear ? nearMs : farMs;
    } catch (thrown) {
      if (thrown instanceof TidegateError && thrown.code === "TOPIC_NOT_FOUND") {
        for (const viewer of [...this.#viewers]) viewer.onGone(thrown);
        this.#viewers.clear();
      }
      return farMs;
    }
  }

  /** Looks those up whom the choice names; the others are told their position. Returns whether one is near. */
  async #lookFor(
    choice: (offset: number, seen: TicketStanding | null) => boolean,
    wake: boolean,
  ): Promise<boolean> {
    const all = [...this.#viewers];
    const isChosen = ({ place, seen }: Viewer) => place.offset === null || choice(place.offset, seen);
    const chosen = all.filter(isChosen);
    const places = chosen.map(({ place }) => place);
    const look = await this.#looks.lookAt(this.#topicId, this.#partition, places, wake);
    this.#next = look.next;
    let isNear = false;
    const tell = (viewer: Viewer, standing: TicketStanding) => {
      viewer.seen = standing;
      isNear ||= !isFinal(standing.state) && isNearTurn(standing);
      if (this.#viewers.has(viewer)) viewer.onLook(standing);
    };
    for (const [index, viewer] of chosen.entries()) {
      const standing = look.tickets[index]!;
      if (standing.offset !== null) viewer.place = { ...viewer.place, offset: standing.offset };
      tell(viewer, standing);
    }
    for (const viewer of all) {
      const { place, seen } = viewer;
      if (seen === null || place.offset === null || place.offset < look.next || isChosen(viewer)) continue;
      const position = Math.max(0, place.offset - look.committed);
      const etaMs = look.rate === null ? null : Math.ceil((position / look.rate) * 1000);
      tell(viewer, { ...seen, state: "waiting", position, etaMs });
    }
    return isNear;
  }
}

function isNearTurn({ state, position, etaMs }: TicketStanding): boolean {
  if (state === "processing") return true;
  return etaMs === null ? position !== null && position < nearPositions : etaMs <= 2 * farMs;
}
