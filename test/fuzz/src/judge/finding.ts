/** Something that should not be. */
export interface Finding {
  /** Findings of one kind are one defect, most likely. */
  readonly kind: string;
  readonly detail: string;
}

export function finding(kind: string, detail: string): Finding {
  return { kind, detail: detail.length > 500 ? `${detail.slice(0, 500)}…` : detail };
}
