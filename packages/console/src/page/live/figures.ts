import type { FiguresEvent, OverviewEvent, TopicEvent } from "@tidegate/contracts";

/** What the stream of the overview tells. */
export type LiveEvent =
  | { readonly event: "overview"; readonly data: OverviewEvent }
  | { readonly event: "figures"; readonly data: FiguresEvent }
  | { readonly event: "topic"; readonly data: TopicEvent }
  | { readonly event: "problem"; readonly data: { readonly code: string; readonly detail?: string } };
