import type { LabelLimit, Place, PlaceLabels } from "./label-limit.ts";

/** Children of metrics for one topic or group, made once. */
export interface Children {
  /** Takes their series out of the registry. */
  remove(): void;
}

interface Kept<Of> {
  readonly place: Place;
  readonly children: Of;
}

/** The children of some metrics for each topic, or each group, so that what is counted looks up one name and makes nothing. */
export class ByPlace<Of extends Children> {
  readonly #limit: LabelLimit;
  readonly #make: (labels: PlaceLabels) => Of;
  /** Topic -> group, or null for the topic itself. */
  readonly #kept = new Map<string, Map<string | null, Kept<Of>>>();
  readonly #shared = new Map<Place, Of>();

  constructor(limit: LabelLimit, make: (labels: PlaceLabels) => Of) {
    this.#limit = limit;
    this.#make = make;
    limit.onForget((topic, group) => this.#forget(topic, group));
  }

  of(topic: string, group: string | null = null): Of {
    const kept = this.#kept.get(topic)?.get(group);
    if (kept === undefined) return this.#open(topic, group);
    kept.place.heard = true;
    return kept.children;
  }

  #open(topic: string, group: string | null): Of {
    const place = this.#limit.place(topic, group);
    if (this.#limit.isShared(place)) {
      const shared = this.#shared.get(place) ?? this.#make(place.labels);
      this.#shared.set(place, shared);
      return shared;
    }
    place.heard = true;
    const children = this.#make(place.labels);
    const groups = this.#kept.get(topic) ?? new Map<string | null, Kept<Of>>();
    groups.set(group, { place, children });
    this.#kept.set(topic, groups);
    return children;
  }

  #forget(topic: string, group: string | null): void {
    const groups = this.#kept.get(topic);
    groups?.get(group)?.children.remove();
    groups?.delete(group);
    if (groups?.size === 0) this.#kept.delete(topic);
  }
}
