/** A name and a value that go with a message. Keys may repeat, and their order is kept. */
export interface RecordHeader {
  /** Written in UTF-8. */
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A message as it goes into a batch. */
export interface RecordInput {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[] | undefined;
  /** Milliseconds since 1970, a safe integer, possibly negative. */
  readonly timestamp: number;
}

/** A message as it comes out of a batch. Key, value and header values are views of the batch's memory. */
export interface DecodedRecord {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}
