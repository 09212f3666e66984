import type { PlotSample } from "../shop/sampler.ts";
import { node } from "./elements.ts";
import { Plot } from "./plot.ts";

/** How often the counter tries again when the shop has gone. */
const againMs = 2_000;

/** The operator's strip: plots of the last minute, and two levers. */
export class Counter {
  readonly #onSale: (saleId: string, stockLeft: number) => void;
  readonly #plots: readonly Plot[];
  #samples: PlotSample[] = [];

  /** Told with each sample which sale is on, and what is left of its stock. */
  constructor(onSale: (saleId: string, stockLeft: number) => void) {
    this.#onSale = onSale;
    const root = document.getElementById("plots")!;
    this.#plots = [
      new Plot(root, { title: "In the line", unit: "visitors", hue: "--sea", value: (at) => at.inLine }),
      new Plot(root, {
        title: "Backlog",
        unit: "orders waiting",
        hue: "--lamp",
        value: (at) => at.backlog,
        limit: (at) => at.maxBacklog,
      }),
      new Plot(root, {
        title: "Drain rate",
        unit: "orders/s",
        hue: "--good",
        value: (at) => at.drainPerSecond,
        limit: (at) => at.mostPerSecond,
      }),
      new Plot(root, {
        title: "Stock",
        unit: "left",
        hue: "--sea",
        value: (at) => at.stockLeft,
        limit: (at) => at.stock,
      }),
    ];
  }

  start(): void {
    this.#listen();
    lever("spike", async () => {
      const visitors = (document.getElementById("spike-size") as HTMLSelectElement).value;
      await pull(`/operator/spike?visitors=${visitors}`);
      return `${Number(visitors).toLocaleString("en")} visitors have joined the line.`;
    });
    lever("new-sale", async () => {
      await pull("/operator/sale");
      return "A new sale: the stock is full again, and the doors open when the countdown ends.";
    });
  }

  #listen(): void {
    const source = new EventSource("/operator/events");
    source.addEventListener("history", (event) => {
      this.#samples = JSON.parse(event.data);
      this.#draw();
    });
    source.addEventListener("sample", (event) => {
      this.#samples = [...this.#samples, JSON.parse(event.data)].slice(-120);
      this.#draw();
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#listen(), againMs);
    });
  }

  #draw(): void {
    const latest = this.#samples.at(-1);
    if (latest === undefined) return;
    for (const plot of this.#plots) plot.draw(this.#samples);
    const share = latest.stock > 0 ? latest.stockLeft / latest.stock : 0;
    document.getElementById("stock-fill")!.style.width = `${share * 100}%`;
    document.getElementById("stock-left")!.textContent = latest.stockLeft.toLocaleString("en");
    document.getElementById("stock-all")!.textContent = latest.stock.toLocaleString("en");
    document.getElementById("stock-meter")!.ariaLabel = `${latest.stockLeft} of ${latest.stock} left`;
    this.#onSale(latest.saleId, latest.stockLeft);
  }
}

/** A button that does one thing at a time, and says what came of it. */
function lever(id: string, act: () => Promise<string>): void {
  const button = document.getElementById(id) as HTMLButtonElement;
  const note = document.getElementById("lever-note")!;
  button.addEventListener("click", async () => {
    button.disabled = true;
    note.replaceChildren(node("span", { text: "…" }));
    note.textContent = await act().catch((error: Error) => error.message);
    button.disabled = false;
    button.focus();
  });
}

async function pull(path: string): Promise<void> {
  const response = await fetch(path, { method: "POST" });
  if (response.ok) return;
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new Error(detail ?? `The shop answered ${response.status}`);
}
