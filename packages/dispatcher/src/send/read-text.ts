/** Reads chunks up to a limit in bytes and leaves the rest. What is cut in a character's middle ends in U+FFFD. */
export async function readText(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ text: string; whole: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let left = limit;
  // Leaving the loop early ends the stream: the runtime closes the connection.
  for await (const chunk of chunks) {
    if (chunk.byteLength > left) {
      text += decoder.decode(chunk.subarray(0, left));
      return { text, whole: false };
    }
    left -= chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), whole: true };
}
