/** Whether it is BullMQ's scripts that refuse: they answer with a number, which is the error's code. */
export function isBullError(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === "number";
}
