import type { OutputStream } from "../io.ts";

/** How far something has come, on stderr and only where that is a terminal. */
export interface Progress {
  /** How much is done; `total` where it becomes known. */
  update(done: number, total?: number): void;
  /** Takes the bar away. */
  stop(): void;
}

const none: Progress = { update: () => {}, stop: () => {} };

/** A bar, or a count where no total is known. */
export async function startProgress(
  stream: OutputStream,
  { label, unit, total }: { label: string; unit: string; total?: number | undefined },
): Promise<Progress> {
  if (!stream.isTTY) return none;
  const { default: cliProgress } = await import("cli-progress");
  const startedAt = performance.now();
  const bar = new cliProgress.SingleBar({
    stream: stream as unknown as NodeJS.WritableStream,
    format: (_options, { value }, { known }) => {
      const seconds = Math.max(0.001, (performance.now() - startedAt) / 1000);
      const rate = Math.round(value / seconds).toLocaleString("en");
      const count = value.toLocaleString("en");
      return known > 0
        ? `${label}  ${Math.floor((100 * value) / known)} %  ${count} of ${known.toLocaleString("en")} ${unit}  ${rate}/s`
        : `${label}  ${count} ${unit}  ${rate}/s`;
    },
    clearOnComplete: true,
    hideCursor: true,
    fps: 5,
  });
  bar.start(total ?? 1, 0, { known: total ?? 0 });
  return {
    update(done, newTotal) {
      if (newTotal !== undefined) bar.setTotal(newTotal);
      bar.update(done, newTotal === undefined ? {} : { known: newTotal });
    },
    stop: () => bar.stop(),
  };
}
