import { visibleText } from "../format/visible-text.ts";

/** Of a text that is longer, colours would cost more than they tell. */
const colouredCharacters = 100_000;
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON text in colours: pieces of text in spans, and nothing else. */
export function JsonText({ text }: { text: string }) {
  if (text.length > colouredCharacters) return <>{visibleText(text)}</>;
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    const [whole, quoted, colon, word] = match;
    const kind =
      quoted !== undefined
        ? colon !== undefined
          ? "name"
          : "string"
        : word !== undefined
          ? "word"
          : "number";
    const shown = visibleText(quoted ?? whole);
    parts.push(
      <span key={match.index} className={`json-${kind}`}>
        {shown}
      </span>,
    );
    if (colon !== undefined) parts.push(colon);
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return <>{parts}</>;
}
