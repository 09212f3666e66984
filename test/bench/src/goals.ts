import type { ContestResult } from "./contest.ts";
import type { Goal } from "./scenario.ts";

/** One line for each goal that a result has and does not reach. What could not be compared here is passed over. */
export function missedGoals(result: ContestResult): string[] {
  const { scenario, payloadBytes, figure } = result;
  return (figure.goals ?? []).flatMap((goal) => {
    if (goal.payloadBytes !== undefined && goal.payloadBytes !== payloadBytes) return [];
    const value = goal.to === undefined ? result.tidegate : (result.peers[goal.to]?.ratio ?? null);
    if (value === null || isReached(goal, value)) return [];
    const what = goal.to === undefined ? figure.unit : `tidegate : ${goal.to}`;
    return [
      `${scenario}, ${payloadBytes} B, ${what}: ${value.toPrecision(3)}, the goal is ${describe(goal)}`,
    ];
  });
}

function isReached({ atLeast, atMost }: Goal, value: number): boolean {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}

function describe({ atLeast, atMost }: Goal): string {
  return atLeast !== undefined ? `${atLeast} or more` : `${atMost} or less`;
}
