/** Of the metrics that OpenTelemetry's conventions for messaging name: which system, and what was done. */
export const messagingSystem = "tidegate";

/** Labels of what is counted by topic; by group. */
export const topicLabels = ["messaging_destination_name"] as const;
export const groupLabels = ["messaging_destination_name", "messaging_consumer_group_name"] as const;

/** The buckets that the conventions advise for durations, in seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Of calls to Redis: shorter. */
export const callBuckets = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];
/** From publish to handler: a backlog may make it hours. */
export const latencyBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200,
];
