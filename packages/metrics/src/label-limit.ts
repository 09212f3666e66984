/** The label of what has none of its own. */
export const other = "other";

/** The labels that tell which topic a figure is of, or which group. */
export interface PlaceLabels {
  readonly messaging_destination_name: string;
  readonly messaging_consumer_group_name?: string;
}

/** A topic, or a group of one, as it is told of. */
export interface Place {
  readonly labels: PlaceLabels;
  /** Whether something was counted for it since the last look at what there is. */
  heard: boolean;
  /** When it was last there, or counted: as of the last look. */
  knownAt: number;
}

/** What is there is told a minute late where nobody touches it. */
const forgetAfterMs = 180_000;

interface KnownTopic {
  readonly place: Place;
  readonly groups: Map<string, Place>;
}

/**
 * Bounds how many time series topics and groups can make: so many topics, and so many groups of topics, have labels of their
 * own, the first ones that something is told of; all others share one. What is no more makes room.
 */
export class LabelLimit {
  readonly limit: number;
  readonly #now: () => number;
  readonly #topics = new Map<string, KnownTopic>();
  readonly #otherTopics = placeOf({ messaging_destination_name: other }, 0);
  readonly #otherGroups = placeOf(
    { messaging_destination_name: other, messaging_consumer_group_name: other },
    0,
  );
  readonly #onForget: ((topic: string, group: string | null) => void)[] = [];
  #groups = 0;
  #reached = false;

  constructor(limit: number, now: () => number = () => performance.now()) {
    this.limit = limit;
    this.#now = now;
  }

  get topics(): number {
    return this.#topics.size;
  }

  get groups(): number {
    return this.#groups;
  }

  /** Whether something had to go without a label of its own since the last look at what there is. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Calls back when a topic (group null), or a group, has its labels no longer. */
  onForget(listener: (topic: string, group: string | null) => void): void {
    this.#onForget.push(listener);
  }

  /** The labels of a topic, or of a group. */
  place(topic: string, group: string | null): Place {
    const known = this.#topic(topic);
    if (known === null) return group === null ? this.#otherTopics : this.#otherGroups;
    if (group === null) return known.place;
    const place = known.groups.get(group);
    if (place !== undefined) return place;
    if (this.#groups >= this.limit) {
      this.#reached = true;
      return this.#otherGroups;
    }
    const labels = { messaging_destination_name: topic, messaging_consumer_group_name: group };
    const made = placeOf(labels, this.#now());
    known.groups.set(group, made);
    this.#groups += 1;
    return made;
  }

  /** Whether a place is the one that many share. */
  isShared(place: Place): boolean {
    return place === this.#otherTopics || place === this.#otherGroups;
  }

  /** Forgets what has not been there, and of which nothing was counted, for some minutes. */
  keep(isThere: (topic: string, group: string | null) => boolean): void {
    const now = this.#now();
    const isOver = (place: Place, there: boolean) => {
      if (there || place.heard) place.knownAt = now;
      place.heard = false;
      return now - place.knownAt > forgetAfterMs;
    };
    for (const [topic, { place, groups }] of this.#topics) {
      for (const [group, ofGroup] of groups) {
        if (!isOver(ofGroup, isThere(topic, group))) continue;
        groups.delete(group);
        this.#groups -= 1;
        this.#tell(topic, group);
      }
      if (!isOver(place, isThere(topic, null)) || groups.size > 0) continue;
      this.#topics.delete(topic);
      this.#tell(topic, null);
    }
    this.#reached = false;
  }

  #topic(topic: string): KnownTopic | null {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    if (this.#topics.size >= this.limit) {
      this.#reached = true;
      return null;
    }
    const place = placeOf({ messaging_destination_name: topic }, this.#now());
    const made: KnownTopic = { place, groups: new Map() };
    this.#topics.set(topic, made);
    return made;
  }

  #tell(topic: string, group: string | null): void {
    for (const listener of this.#onForget) listener(topic, group);
  }
}

function placeOf(labels: PlaceLabels, now: number): Place {
  return { labels, heard: false, knownAt: now };
}
