import type { Engine } from "@tidegate/core";
import { Dispatcher } from "@tidegate/dispatcher/node";
import type { OwnedEngine } from "../engine-system.ts";

/** Where the functions of stories are. */
export const functionAddress = "127.0.0.1";

/** A dispatcher with an engine of its own, as beside every other process. Returns what ends both. */
export async function startDispatcher(open: () => Promise<OwnedEngine>): Promise<() => Promise<void>> {
  const { engine, close } = await open();
  const dispatcher = dispatcherOf(engine);
  dispatcher.start();
  return async () => {
    await dispatcher.stop();
    await close();
  };
}

function dispatcherOf(engine: Engine): Dispatcher {
  return new Dispatcher({ engine, allow: [functionAddress], stopTimeoutMs: 1_000 });
}
