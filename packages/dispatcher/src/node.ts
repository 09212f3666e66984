export { Dispatcher, type DispatcherOptions } from "./dispatcher/dispatcher.ts";
export type { Resolve } from "./send/guarded-lookup.ts";
