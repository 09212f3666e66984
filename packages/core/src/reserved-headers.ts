/** Headers that a dead letter has beyond its own. */
export const deadLetterHeaders = {
  topic: "tidegate-origin-topic",
  partition: "tidegate-origin-partition",
  offset: "tidegate-origin-offset",
  timestamp: "tidegate-origin-timestamp",
  attempts: "tidegate-attempts",
  reason: "tidegate-reason",
  group: "tidegate-group",
} as const;

/**
 * Header of a message that was redriven after the log had lost its origin: it stands in the log again, for the group
 * that it names alone; other groups pass over it. No publisher may set it.
 */
export const onlyGroupHeader = "tidegate-only-group";
