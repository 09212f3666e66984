/** Cuts a list and sends the pieces, so many at a time; resolves when all are answered. */
export async function sendInFlight<T>(
  items: readonly T[],
  size: number,
  inFlight: number,
  send: (piece: T[]) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const sender = async () => {
    while (next < items.length) {
      const piece = items.slice(next, next + size);
      next += size;
      await send(piece);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
}
