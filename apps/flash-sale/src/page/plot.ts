import type { PlotSample } from "../shop/sampler.ts";
import { node } from "./elements.ts";

export interface PlotOptions {
  readonly title: string;
  readonly unit: string;
  /** The custom property with its colour. */
  readonly hue: string;
  readonly value: (sample: PlotSample) => number;
  /** A level that is not to be passed, drawn as a dashed line. */
  readonly limit?: (sample: PlotSample) => number;
}

const width = 240;
const height = 92;
const minuteMs = 60_000;
const svgSpace = "http://www.w3.org/2000/svg";

/** The last minute of one number, as a curve. */
export class Plot {
  readonly #options: PlotOptions;
  readonly #now = node("p", { className: "now" });
  readonly #svg = document.createElementNS(svgSpace, "svg");
  readonly #area = this.#path("area");
  readonly #curve = this.#path("curve");
  readonly #limit = this.#path("limit");
  readonly #top = node("span", {});

  constructor(root: HTMLElement, options: PlotOptions) {
    this.#options = options;
    const card = node("article", { className: "plot" });
    card.style.setProperty("--hue", `var(${options.hue})`);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("role", "img");
    this.#path("base").setAttribute("d", `M0 ${height}H${width}`);
    const axis = node("div", { className: "axis" });
    axis.append(node("span", { text: "60 s ago" }), this.#top);
    card.append(node("h3", { text: options.title }), this.#now, this.#svg, axis);
    root.append(card);
  }

  draw(samples: readonly PlotSample[]): void {
    const { title, unit, value, limit } = this.#options;
    const latest = samples.at(-1)!;
    const values = samples.map(value);
    const bound = limit?.(latest) ?? 0;
    const top = niceTop(Math.max(...values, bound));
    const x = (at: number) => width - ((latest.at - at) / minuteMs) * width;
    const y = (amount: number) => height - (amount / top) * (height - 4);
    const points = samples.map(
      (sample, index) => `${x(sample.at).toFixed(1)} ${y(values[index]!).toFixed(1)}`,
    );
    this.#curve.setAttribute("d", `M${points.join("L")}`);
    this.#area.setAttribute(
      "d",
      `M${x(samples[0]!.at).toFixed(1)} ${height}L${points.join("L")}L${width} ${height}Z`,
    );
    this.#limit.setAttribute("d", bound > 0 ? `M0 ${y(bound).toFixed(1)}H${width}` : "");
    const shown = shownOf(value(latest));
    this.#now.replaceChildren(shown, " ", node("small", { text: unit }));
    this.#top.textContent = bound > 0 ? `at most ${shownOf(bound)}` : `top ${shownOf(Math.max(...values))}`;
    const least = shownOf(Math.min(...values));
    const most = shownOf(Math.max(...values));
    this.#svg.ariaLabel = `${title}: ${shown} ${unit} now; between ${least} and ${most} in the last minute`;
  }

  #path(className: string): SVGPathElement {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("class", className);
    this.#svg.append(path);
    return path;
  }
}

/** A little above the highest value, so that a curve does not change its scale with each sample. */
function niceTop(value: number): number {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return Math.max(5, Math.ceil((value * 1.08) / step) * step);
}

function shownOf(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 && value % 1 !== 0 ? 1 : 0 });
}
