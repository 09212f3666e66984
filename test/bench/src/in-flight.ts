/** Cuts a count into ranges and sends them, so many at a time; resolves when all are answered. */
export async function sendInFlight(
  count: number,
  size: number,
  inFlight: number,
  send: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + size);
      await send(from, next);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
}
