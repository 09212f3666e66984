import type { StoredMessage } from "@tidegate/contracts";
import { type ReactNode, useState } from "react";
import { exactText } from "../format/durations.ts";
import { bytesText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { visibleText } from "../format/visible-text.ts";
import { Foreign } from "../parts/foreign.tsx";
import { Facts, Pill } from "../parts/panel.tsx";
import { notify } from "../parts/toasts.tsx";
import { JsonText } from "./json-text.tsx";
import { fullText, keyText, kindOf, sizeOf } from "./message-text.ts";

const shownCharacters = 50_000;

interface MessageViewProps {
  message: StoredMessage;
  partition: number;
  /** More to know, before what every message has. */
  more?: readonly (readonly [string, ReactNode])[];
}

/** All of one message. */
export function MessageView({ message, partition, more = [] }: MessageViewProps) {
  const [whole, setWhole] = useState(false);
  const kind = kindOf(message);
  const text = fullText(message);
  const key = keyText(message);
  const cut = whole || text.length <= shownCharacters ? text : text.slice(0, shownCharacters);
  const headers = [
    ...Object.entries(message.headers),
    ...Object.entries(message.headersBase64 ?? {}).map(
      ([name, value]) => [name, `${value} (base64)`] as const,
    ),
  ];
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => notify("The value is in the clipboard"),
      () => notify("The browser does not allow copying here", "bad"),
    );
  return (
    <div className="message">
      <Facts
        of={[
          ...more,
          ["Partition", partition],
          ["Offset", message.offset],
          [
            "Published",
            <span key="at">
              <Time at={message.timestamp} /> <span className="none">{exactText(message.timestamp)}</span>
            </span>,
          ],
          [
            "Key",
            key === null ? (
              <span key="none" className="none">
                none
              </span>
            ) : (
              <code key="key">
                <Foreign text={key} whole />
              </code>
            ),
          ],
        ]}
      />
      <h3>
        Value <Pill>{kind === "none" ? "no value" : kind}</Pill>
        {kind !== "none" && <span className="unit">{bytesText(sizeOf(message))}</span>}
        {kind !== "none" && (
          <button type="button" className="button small" onClick={() => void copy()}>
            Copy
          </button>
        )}
      </h3>
      {kind !== "none" && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must be able to */}
          <pre className="value" data-kind={kind} data-testid="value" tabIndex={0}>
            {kind === "json" ? <JsonText text={cut} /> : visibleText(cut)}
          </pre>
          {cut.length < text.length && (
            <button type="button" className="button small" onClick={() => setWhole(true)}>
              Show all {bytesText(text.length)}
            </button>
          )}
        </>
      )}
      <h3>Headers</h3>
      {headers.length === 0 ? (
        <p className="none">None.</p>
      ) : (
        <table className="headers">
          <tbody>
            {headers.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <Foreign text={name} whole />
                </th>
                <td>
                  <Foreign text={value} whole />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
