import { clockText, countText, node, soonText } from "./elements.ts";
import type { Phase } from "./visit.ts";

interface Actions {
  join(): void;
  buy(): void;
}

/** What is shown of a phase. */
interface Card {
  readonly title: string;
  readonly tone?: "turn" | "done";
  readonly figure?: readonly [number: string, unit: string];
  /** From 0 to 1. */
  readonly progress?: number;
  readonly text?: string;
  readonly steps?: number;
  readonly button?: { readonly label: string; readonly disabled?: boolean; readonly act: () => void };
}

const tickMs = 250;

/** The card in which a visitor sees where he stands, and does the next thing. */
export class Panel {
  readonly #root: HTMLElement;
  readonly #actions: Actions;
  #phase: Phase = { name: "arriving" };
  #leadMs = 0;
  /** Where the visitor stood when he first saw his place: the bar's whole length. */
  #firstPlace: number | null = null;
  #stockLeft = Number.POSITIVE_INFINITY;
  #shape = "";
  #drawn: DrawnCard | null = null;
  /** What is read aloud: a card that is another one, not its seconds. */
  readonly #announcement: HTMLElement;

  constructor(root: HTMLElement, announcement: HTMLElement, actions: Actions) {
    this.#root = root;
    this.#announcement = announcement;
    this.#actions = actions;
  }

  /** Counts down by itself between two polls. */
  start(): void {
    setInterval(() => this.#draw(), tickMs);
    this.#draw();
  }

  show(phase: Phase): void {
    if ("view" in phase) this.#leadMs = phase.view.at - Date.now();
    if (phase.name === "gathered" || phase.name === "outside") this.#firstPlace = null;
    if (phase.name === "in line") this.#firstPlace ??= Math.max(1, phase.place - phase.view.serving + 1);
    this.#phase = phase;
    this.#draw();
  }

  /** Who waits is not to be told less than the operator is. */
  tellStock(left: number): void {
    this.#stockLeft = left;
  }

  #draw(): void {
    const card = this.#cardOf(this.#phase);
    document.title = titleOf(this.#phase, card);
    const shape = shapeOf(card);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#build(card);
    }
    this.#drawn?.fill(card);
  }

  /** Only when the card is another one: a button must be there still when the finger that pressed it is lifted. */
  #build(card: Card): void {
    this.#root.dataset.tone = card.tone ?? "";
    this.#root.dataset.phase = this.#phase.name;
    const held = this.#root.contains(document.activeElement);
    this.#drawn = new DrawnCard(card);
    this.#root.replaceChildren(...this.#drawn.parts);
    // A keyboard must not be thrown out of the card.
    if (held) (this.#root.querySelector<HTMLElement>("button:not(:disabled)") ?? this.#root).focus();
    if (card.title !== this.#announcement.dataset.title) {
      this.#announcement.dataset.title = card.title;
      this.#announcement.textContent = `${card.title}. ${card.figure?.join(" ") ?? ""} ${card.text ?? ""}`;
    }
  }

  #cardOf(phase: Phase): Card {
    switch (phase.name) {
      case "arriving":
        return { title: "One moment …" };
      case "outside":
        return this.#outside(phase);
      case "gathered":
        return {
          title: "You are in",
          figure: [clockText(this.#untilMs(phase.view.startsAt)), "until the start"],
          text: `${countText(Math.max(phase.view.joined, phase.number + 1), "visitor is", "visitors are")} here. At the start all are put in random order; nobody gains by having come first.`,
        };
      case "in line":
        return this.#inLine(phase);
      case "turn":
        return {
          title: "It is your turn",
          tone: "turn",
          figure: [
            clockText(phase.admission.expiresAt - (Date.now() + phase.leadMs)),
            "to buy: a lantern is waiting for you",
          ],
          button: {
            label: phase.buying ? "Placing your order …" : "Buy the lantern – € 149",
            disabled: phase.buying,
            act: this.#actions.buy,
          },
        };
      case "ordered":
        return orderedCard(phase.status);
      default:
        return this.#endOf(phase);
    }
  }

  #outside({ view, joining }: Phase & { name: "outside" }): Card {
    const button = {
      label: joining ? "Joining …" : "Join the waiting line",
      disabled: joining,
      act: this.#actions.join,
    };
    if (view.state === "running")
      return {
        title: "The sale is running",
        figure: [String(Math.max(0, view.joined - view.serving)), "in the line now"],
        text: "Join at its end: the line moves as fast as orders can be worked on.",
        button,
      };
    return {
      title: "The doors open in",
      figure: [clockText(this.#untilMs(view.startsAt)), ""],
      text: `${countText(view.joined, "visitor waits", "visitors wait")}. Join now or later: whoever is here at the start gets a place by lot.`,
      button,
    };
  }

  #inLine({ view, place }: Phase & { name: "in line" }): Card {
    const ahead = Math.max(0, place - view.serving);
    const rate = view.ratePerSecond ?? 0;
    const soon =
      ahead === 0
        ? "You are next, as soon as an order is worked on or somebody lets his turn pass."
        : rate > 0
          ? `About ${soonText((ahead / rate) * 1000)}.`
          : "";
    const few =
      ahead >= this.#stockLeft ? "Fewer are left than wait before you, but some may let theirs go." : "";
    return {
      title: "You are in the line",
      figure: [ahead.toLocaleString("en"), ahead === 1 ? "visitor before you" : "visitors before you"],
      progress: 1 - ahead / (this.#firstPlace ?? 1),
      text: `${few || soon} Your place is ${(place + 1).toLocaleString("en")} of ${Math.max(view.joined, place + 1).toLocaleString("en")}. Keep this page open; the next step comes by itself.`,
    };
  }

  #endOf(phase: Phase): Card {
    if (phase.name === "sold out")
      return {
        title: "Sold out",
        text: "Every lantern has found its harbour. Thank you for waiting; the next edition is blown in spring.",
      };
    if (phase.name === "one each")
      return { title: "You have yours already", text: "There is one lantern to a person in this edition." };
    if (phase.name === "missed")
      return {
        title: "Your turn has passed",
        text: "The lantern that waited for you went to the next in the line. You can join again, at its end.",
        button: { label: "Join again", act: this.#actions.join },
      };
    return {
      title: "The shop does not answer",
      text: phase.name === "broken" ? phase.text : "",
      button: { label: "Try again", act: () => location.reload() },
    };
  }

  #untilMs(at: number): number {
    return at - (Date.now() + this.#leadMs);
  }
}

function orderedCard(status: (Phase & { name: "ordered" })["status"]): Card {
  if (status === null) return { title: "Your order is placed", text: "Looking where it stands …", steps: 1 };
  if (status.state === "done")
    return {
      title: "The lantern is yours",
      tone: "done",
      steps: 3,
      ...(isOrder(status.result) && { figure: [`No. ${status.result.order}`, "is your order"] }),
      text: "It is written down, once. You may close this page.",
    };
  if (status.state === "failed")
    return {
      title: "Your order could not be worked on",
      text: status.error ?? "It was set aside for a person.",
    };
  const position = status.position ?? 0;
  const soon = status.etaMs === null ? "" : ` About ${soonText(status.etaMs)}.`;
  return {
    title: "Your order is placed",
    steps: status.state === "processing" ? 2 : 1,
    figure:
      status.state === "processing"
        ? ["Now", "it is being written down"]
        : [position.toLocaleString("en"), position === 1 ? "order before yours" : "orders before yours"],
    text: `The lantern is kept for you; this page only watches.${status.state === "waiting" ? soon : ""}`,
  };
}

/** What the order worker gives as its result. */
function isOrder(result: unknown): result is { order: number } {
  return typeof result === "object" && result !== null && "order" in result;
}

function titleOf(phase: Phase, card: Card): string {
  const name = "Harbour lantern No. 7";
  if (phase.name === "turn") return `Your turn · ${name}`;
  if (phase.name === "in line") return `${card.figure![0]} before you · ${name}`;
  return name;
}

const stepNames = ["Placed", "At work", "Confirmed"];

/** What makes a card another one; its numbers and its text may change in place. */
function shapeOf({ title, tone, figure, progress, text, steps, button }: Card): string {
  return JSON.stringify([title, tone, !!figure, progress === undefined, !!text, steps, button]);
}

/** A card as it stands in the page. */
class DrawnCard {
  readonly parts: HTMLElement[] = [];
  readonly #number = node("b", {});
  readonly #unit = node("span", {});
  readonly #fill = node("span", {});
  readonly #text = node("p", {});

  constructor({ title, figure, progress, text, steps, button }: Card) {
    this.parts.push(node("h2", { text: title }));
    if (figure) this.#add("figure", this.#number, this.#unit);
    if (progress !== undefined) this.#add("meter", this.#fill);
    if (text) this.parts.push(this.#text);
    if (steps) this.parts.push(stepsOf(steps));
    if (button) this.parts.push(buttonOf(button));
  }

  fill({ figure, progress = 0, text = "" }: Card): void {
    write(this.#number, figure?.[0] ?? "");
    write(this.#unit, figure?.[1] ?? "");
    write(this.#text, text);
    this.#fill.style.width = `${Math.round(Math.min(1, Math.max(0, progress)) * 100)}%`;
  }

  #add(className: string, ...children: HTMLElement[]): void {
    const part = node("div", { className });
    part.append(...children);
    this.parts.push(part);
  }
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function buttonOf({ label, disabled = false, act }: NonNullable<Card["button"]>): HTMLButtonElement {
  const button = node("button", { className: "buy push", text: label });
  button.type = "button";
  button.disabled = disabled;
  button.addEventListener("click", act);
  return button;
}

function stepsOf(reached: number): HTMLElement {
  const list = node("ol", { className: "steps push" });
  for (const [index, name] of stepNames.entries()) {
    const step = node("li", { text: name });
    if (index < reached) step.dataset.reached = "";
    list.append(step);
  }
  return list;
}
