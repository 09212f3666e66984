export { type ErrorCode, type ErrorDetails, errorTable, isErrorCode, TidegateError } from "./errors.ts";
export {
  deadLetterSuffix,
  deadLetterTopic,
  defaults,
  isGroupName,
  isTopicName,
  limits,
  parseDeadLetterTopic,
} from "./limits.ts";
