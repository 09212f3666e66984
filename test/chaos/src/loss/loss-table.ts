import type { AcksLevel } from "../history/event.ts";
import { knowsWaitAof, type LossCase, lossCases } from "./loss-case.ts";
import { type Loss, measureLoss } from "./measure-loss.ts";

const rounds = 3;

export interface LossRow {
  readonly fault: string;
  readonly acks: AcksLevel;
  readonly rounds: readonly Loss[];
}

/** Measures every case at each of its levels and prints the table in markdown. */
export async function printLossTable(
  print: (line: string) => void,
  signal?: AbortSignal,
): Promise<LossRow[]> {
  const { version, waitAof } = await knowsWaitAof();
  const rows: LossRow[] = [];
  print("| fault | acks | acknowledged writes lost | delivered twice | seconds until service was back |");
  print("|---|---|---|---|---|");
  for (const lossCase of lossCases) {
    for (const acks of lossCase.levels) {
      if (signal?.aborted) return rows;
      const row = { fault: lossCase.name, acks, rounds: await measureRounds(lossCase, acks) };
      rows.push(row);
      print(formatRow(row));
    }
  }
  print("");
  print(
    `Redis ${version}; ${rounds} rounds a line, each with 8 publishers that wait for their answers. Lost and delivered twice: the sum over the rounds, of all that was acknowledged. Until service was back: the longest time in any round in which no publish was acknowledged.`,
  );
  if (!waitAof)
    print(
      "This Redis has no WAITAOF (7.2 has): `fsync` works with `appendfsync always` only, and is refused elsewhere (ACKS_UNSUPPORTED). A power loss cannot be tried here: with `everysec` it takes what was acknowledged since the last sync, a second or two.",
    );
  return rows;
}

async function measureRounds(lossCase: LossCase, acks: AcksLevel): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (let round = 0; round < rounds; round += 1) {
    try {
      losses.push(await measureLoss(lossCase, acks));
    } catch (error) {
      console.error(`${lossCase.name}, ${acks}:`, error);
      losses.push({ acknowledged: 0, lost: 0, duplicates: 0, outageMs: Number.POSITIVE_INFINITY });
    }
  }
  return losses;
}

function formatRow({ fault, acks, rounds: losses }: LossRow): string {
  const sum = (field: "acknowledged" | "lost" | "duplicates") =>
    losses.reduce((total, loss) => total + loss[field], 0);
  const seconds = Math.max(...losses.map(({ outageMs }) => outageMs)) / 1000;
  const back = Number.isFinite(seconds) ? seconds.toFixed(2) : "a round failed";
  const lost = `${sum("lost").toLocaleString("en")} of ${sum("acknowledged").toLocaleString("en")}`;
  return `| ${fault} | ${acks} | ${lost} | ${sum("duplicates")} | ${back} |`;
}
