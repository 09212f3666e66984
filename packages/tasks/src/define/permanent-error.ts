/** Thrown by a handler to say that no further attempt can succeed: the run fails at once. */
export class PermanentError extends Error {
  override name = "PermanentError";
}
