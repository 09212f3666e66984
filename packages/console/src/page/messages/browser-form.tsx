import { type FormEvent, useState } from "react";
import { Field } from "../parts/field.tsx";
import type { Place } from "./read-page.ts";

interface BrowserFormProps {
  partitions: number;
  partition: number;
  place: Place;
  messageKey: string | null;
  /** What changes in the address; null takes a word out of it. */
  onGo: (change: Readonly<Record<string, string | null>>) => void;
}

type By = "latest" | "earliest" | "offset" | "time" | "key";

/** Where to read: by offset, by time, by key. */
export function BrowserForm({ partitions, partition, place, messageKey, onGo }: BrowserFormProps) {
  const [by, setBy] = useState<By>(messageKey !== null ? "key" : nameOf(place));
  const [where, setWhere] = useState(String(partition));
  const [offset, setOffset] = useState(
    typeof place === "object" && "offset" in place ? String(place.offset) : "",
  );
  const [time, setTime] = useState(typeof place === "object" && "time" in place ? localText(place.time) : "");
  const [key, setKey] = useState(messageKey ?? "");
  const at = Date.parse(time);
  const wrong =
    by === "offset" && !/^\d{1,16}$/.test(offset)
      ? "An offset is a number from 0"
      : by === "time" && Number.isNaN(at)
        ? "Choose a day and a time"
        : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong !== null) return;
    const keep = by === "key" && messageKey !== key ? null : where;
    onGo({
      partition: keep,
      from: by === "offset" ? String(Number(offset)) : by === "earliest" ? "earliest" : null,
      time: by === "time" ? String(at) : null,
      key: by === "key" ? key : null,
    });
  };
  return (
    <form className="browser-form" onSubmit={submit} aria-label="Where to read">
      <Field label="Read">
        <select value={by} onChange={(event) => setBy(event.target.value as By)}>
          <option value="latest">the latest</option>
          <option value="earliest">from the beginning</option>
          <option value="offset">from an offset</option>
          <option value="time">from a time</option>
          <option value="key">by key</option>
        </select>
      </Field>
      {by === "offset" && (
        <Field label="Offset">
          <input
            inputMode="numeric"
            value={offset}
            onChange={(event) => setOffset(event.target.value.trim())}
          />
        </Field>
      )}
      {by === "time" && (
        <Field label="Time">
          <input
            type="datetime-local"
            step="1"
            value={time}
            onChange={(event) => setTime(event.target.value)}
          />
        </Field>
      )}
      {by === "key" && (
        <Field label="Key" grows>
          <input
            value={key}
            onChange={(event) => setKey(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </Field>
      )}
      <Field label="Partition">
        <select value={where} onChange={(event) => setWhere(event.target.value)}>
          {Array.from({ length: partitions }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: it is the partition
            <option key={index} value={index}>
              {index}
            </option>
          ))}
        </select>
      </Field>
      <button type="submit" className="button primary" disabled={wrong !== null} title={wrong ?? undefined}>
        Read
      </button>
    </form>
  );
}

function nameOf(place: Place): By {
  if (typeof place === "string") return place;
  return "offset" in place ? "offset" : "time";
}

/** As `datetime-local` takes it. */
function localText(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19);
}
