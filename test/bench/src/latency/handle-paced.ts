import { Ledger } from "../ledger.ts";
import { type MessageSet, readIndex } from "../message-set.ts";
import { LatencyLog, sendPaced } from "./send-paced.ts";

/** The two ends of a system under an even load. */
export interface Ends {
  send(from: number, to: number): Promise<unknown>;
  /** Starts to hand what arrives to the handler; returns what ends it. */
  receive(handle: (body: Uint8Array | null) => void): Promise<() => Promise<unknown>>;
}

/** Sends at an even pace while it receives; returns the median and the 99th percentile in ms. */
export async function measureLatency(who: string, messages: MessageSet, ends: Ends): Promise<number[]> {
  const ledger = new Ledger(messages);
  const log = new LatencyLog(messages.count);
  let left = messages.count;
  let finished: () => void;
  const all = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const stop = await ends.receive((body) => {
    ledger.enter(body);
    if (body !== null) log.handled(readIndex(body));
    left -= 1;
    if (left === 0) finished();
  });
  try {
    await sendPaced(messages, log, ends.send);
    await all;
  } finally {
    await stop();
  }
  ledger.close(who);
  return log.figures();
}
