/**
 * What is wrong with a batch, or with what a batch was to be made of.
 *
 * - `TRUNCATED`: the bytes end before the batch does; with more of them it may be whole.
 * - `CORRUPT`: the bytes contradict themselves or the format.
 * - `CHECKSUM_MISMATCH`: the CRC-32C in the header is not that of the content, or gzip's CRC-32 is not.
 * - `UNSUPPORTED`: well formed, but not something this package reads (another magic, codec, or a number that a
 *   JavaScript number cannot hold exactly).
 * - `TOO_LARGE`: past a limit; the details name it.
 * - `INVALID`: an argument of an encoding function cannot be written.
 */
export type RecordBatchErrorCode =
  | "TRUNCATED"
  | "CORRUPT"
  | "CHECKSUM_MISMATCH"
  | "UNSUPPORTED"
  | "TOO_LARGE"
  | "INVALID";

/** Facts about the failure: positions and sizes in bytes, the field's name, expected and found values. */
export type RecordBatchErrorDetails = Readonly<Record<string, string | number>>;

/** The only error that this package throws for bad bytes or bad records. Tell errors apart by `code`. */
export class RecordBatchError extends Error {
  override readonly name = "RecordBatchError";
  readonly code: RecordBatchErrorCode;
  readonly details: RecordBatchErrorDetails;

  constructor(code: RecordBatchErrorCode, message: string, details: RecordBatchErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
