import { Client } from "@tidegate/client";
import { Counter } from "./counter.ts";
import { FairnessNote } from "./fairness-note.ts";
import { Panel } from "./panel.ts";
import { Visit } from "./visit.ts";

const client = new Client({ url: location.origin });
const fairness = new FairnessNote();
const panel = new Panel(element("panel"), element("announcement"), {
  join: () => visit.join(),
  buy: () => visit.buy(),
});
const visit = new Visit(client, (phase, view) => {
  panel.show(phase);
  if (view !== null) fairness.show(view);
});
const counter = new Counter((saleId, stockLeft) => {
  panel.tellStock(stockLeft);
  visit.enter(saleId);
});

counter.start();
panel.start();

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}
