export { dispatchAfter, PushTopics } from "./once/after-publish.ts";
export { type Dispatched, type DispatchOnceOptions, dispatchOnce } from "./once/dispatch-once.ts";
export { keepHouse } from "./once/keep-house.ts";
export type { OfGroup, OnPushEvent, PushEvent } from "./push/events.ts";
export { logToConsole } from "./push/log-event.ts";
export type { OnResult, ResultPlace } from "./push/push-environment.ts";
export type { FoundGroup } from "./push/push-groups.ts";
export { splitAllowList } from "./rules/allow-list.ts";
export { CallRules } from "./rules/call-rules.ts";
