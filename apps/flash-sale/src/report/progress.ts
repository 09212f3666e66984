import type { Writable } from "node:stream";

/** How far a sale is. */
export interface SaleProgress {
  readonly phase: string;
  readonly requests: number;
  readonly accepted: number;
  readonly refused: number;
  readonly written: number;
}

/** Shows how far a sale is: a line that is drawn anew on a terminal, elsewhere a line for each phase. */
export class ProgressLine {
  readonly #out: Writable & { isTTY?: boolean };
  #phase = "";

  constructor(out: Writable & { isTTY?: boolean }) {
    this.#out = out;
  }

  show(progress: SaleProgress): void {
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${textOf(progress)}`);
    else if (progress.phase !== this.#phase) this.#out.write(`${progress.phase} …\n`);
    this.#phase = progress.phase;
  }

  /** Removes the line, so that what comes next begins on a clean one. */
  clear(): void {
    if (this.#out.isTTY) this.#out.write("\r\x1b[K");
  }
}

function textOf({ phase, requests, accepted, refused, written }: SaleProgress): string {
  const numbers = [
    `${shown(requests)} requests`,
    `${shown(accepted)} accepted`,
    `${shown(refused)} rejected`,
    `${shown(written)} orders written`,
  ];
  return `${phase} … ${numbers.join(" · ")}`;
}

function shown(value: number): string {
  return value.toLocaleString("en");
}
