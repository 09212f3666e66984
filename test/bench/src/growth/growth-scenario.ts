import type { Contestant, Effort, Figure, Pace, Scenario } from "../scenario.ts";

/** How often the two sides of a growth scenario take turns. */
export const roundsOf: Readonly<Record<Pace, number>> = { full: 15, quick: 3, tiny: 1 };

/** A cost may grow by so much. */
const mostGrowth = 1.15;

/** How much more something costs a message on a large system than on a small one. */
export function growthFigure(what: string): Figure {
  return { unit: `times the cost: ${what}`, digits: 2, goals: [{ atMost: mostGrowth }] };
}

/** A scenario about how costs grow; it has no peers, and its rounds are within. */
export function growthScenario(options: {
  name: string;
  figures: readonly Figure[];
  messages: Readonly<Record<Pace, number>>;
  configuration: string;
  measure: Contestant["measure"];
}): Scenario {
  const { name, figures, messages, configuration, measure } = options;
  const effortOf = (pace: Pace): Effort => ({ messages: messages[pace], rounds: 1, warmUp: 0 });
  return {
    name,
    figures,
    payloadBytes: [128],
    efforts: { full: effortOf("full"), quick: effortOf("quick"), tiny: effortOf("tiny") },
    tidegate: { name: "tidegate", share: 1, configuration, measure },
    peers: [],
  };
}
