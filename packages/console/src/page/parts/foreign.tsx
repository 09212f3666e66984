import { visibleText } from "../format/visible-text.ts";

const shownCharacters = 300;

interface ForeignProps {
  text: string;
  /** All of it, however long. */
  whole?: boolean;
}

/** Somebody else's text: a key, a header, a consumer's name. It turns nothing around it, hides nothing, and is never markup. */
export function Foreign({ text, whole = false }: ForeignProps) {
  const cut = whole || text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
  return <bdi className="foreign">{visibleText(cut)}</bdi>;
}
