/** The size up to which Tidegate's producer fills a record batch. */
const batchBytes = 65_472;
/** What a record without key and headers has beside its value. */
const recordOverhead = 9;

/** How many messages of a size go into a batch, and how large it then is: what the raw ceiling moves at a time. */
export function batchOf(payloadBytes: number): { messages: number; bytes: number } {
  const messages = Math.max(1, Math.floor(batchBytes / (payloadBytes + recordOverhead)));
  return { messages, bytes: messages * (payloadBytes + recordOverhead) };
}
