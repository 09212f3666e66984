import { isPromisedSeed, type LineView } from "@tidegate/client";

/** The line's promise and what came of it, checked here and not believed. */
export class FairnessNote {
  #told = "";

  show(view: LineView): void {
    const told = `${view.commitment} ${view.seed}`;
    if (told === this.#told) return;
    this.#told = told;
    text("commitment", view.commitment);
    text("seed", view.seed ?? "told at the start");
    text("seed-verdict", "");
    // A page that is not served securely, other than from this machine, has no digest: then nothing is claimed.
    void isPromisedSeed(view)
      .then((kept) => {
        if (kept !== null && this.#told === told)
          text("seed-verdict", kept ? "✓ is what was promised" : "✗ is not what was promised");
      })
      .catch(() => {});
  }
}

function text(id: string, content: string): void {
  document.getElementById(id)!.textContent = content;
}
