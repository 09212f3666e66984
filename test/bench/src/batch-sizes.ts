import type { Effort, Pace } from "./scenario.ts";

/** The sizes of payload at which brokers are usually compared. */
export const batchSizes = [128, 512, 1024, 10_240];

const mebibyte = 1024 * 1024;

/** How much the scenarios that move messages in bulk do at each size. */
export const batchEfforts: Readonly<Record<Pace, Effort>> = {
  full: { messages: 300_000, bytes: 96 * mebibyte, rounds: 5 },
  quick: { messages: 60_000, bytes: 24 * mebibyte, rounds: 2, warmUp: 1 / 8 },
  tiny: { messages: 800, bytes: mebibyte / 2, rounds: 1 },
};
