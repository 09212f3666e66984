import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { partitionOfKey, type StoredMessage } from "@tidegate/contracts";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { useClient } from "../api/client.ts";
import { countText } from "../format/numbers.ts";
import { Empty, Panel } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { BrowserForm } from "./browser-form.tsx";
import { KeyResults } from "./key-results.tsx";
import { MessageList } from "./message-list.tsx";
import { type Place, pageSize, readPage } from "./read-page.ts";

const followMs = 2_000;

/** Reads a topic without a group: nothing is taken from anybody. */
export function MessageBrowser({ topic, partitions }: { topic: string; partitions: number }) {
  const client = useClient();
  const [query, setQuery] = useSearchParams();
  const key = query.get("key");
  const own = key === null ? null : partitionOfKey(new TextEncoder().encode(key), partitions);
  const chosen = query.get("partition");
  const partition = Math.min(partitions - 1, chosen === null ? (own ?? 0) : Number(chosen) || 0);
  const place = placeOf(query);
  const go = (change: Readonly<Record<string, string | null>>) =>
    setQuery((now) => {
      const next = new URLSearchParams(now);
      for (const [name, value] of Object.entries(change)) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      return next;
    });
  return (
    <Panel className="browser">
      <BrowserForm
        key={`${query}`}
        partitions={partitions}
        partition={partition}
        place={place}
        messageKey={key}
        onGo={go}
      />
      {key === null ? (
        <Page
          topic={topic}
          partition={partition}
          place={place}
          onPlace={(from) => go({ from, time: null })}
          client={client}
        />
      ) : (
        <KeyResults
          key={`${partition} ${key}`}
          topic={topic}
          partition={partition}
          messageKey={key}
          own={own}
        />
      )}
    </Panel>
  );
}

interface PageProps {
  topic: string;
  partition: number;
  place: Place;
  client: ReturnType<typeof useClient>;
  onPlace: (from: string) => void;
}

function Page({ topic, partition, place, client, onPlace }: PageProps) {
  const [open, setOpen] = useState<StoredMessage | null>(null);
  const asked = useQuery({
    queryKey: ["messages", topic, partition, place],
    queryFn: ({ signal }) => readPage(client, topic, partition, place, signal),
    placeholderData: keepPreviousData,
    refetchInterval: place === "latest" && open === null ? followMs : false,
  });
  return (
    <QueryState of={asked}>
      {({ messages, from, next, start, end }) => (
        <>
          <div className="pager">
            <p>
              Partition {partition} holds <b>{countText(end - start)}</b> offsets, {countText(start)} to{" "}
              {countText(Math.max(start, end - 1))}.
            </p>
            <span className="pager-buttons">
              <button
                type="button"
                className="button small"
                disabled={from <= start}
                onClick={() => onPlace(String(Math.max(start, from - pageSize)))}
              >
                Older
              </button>
              <button
                type="button"
                className="button small"
                disabled={next >= end}
                onClick={() => onPlace(next + pageSize >= end ? "latest" : String(next))}
              >
                Newer
              </button>
            </span>
          </div>
          {messages.length === 0 ? (
            <Empty title={end === start ? "This partition is empty" : "No message from there on"}>
              {end === start ? (
                <p>
                  Publish one: <code>tidegate produce {topic}</code>, or{" "}
                  <code>POST /v1/topics/{topic}/messages</code>.
                </p>
              ) : (
                <button type="button" className="button" onClick={() => onPlace("latest")}>
                  To the latest
                </button>
              )}
            </Empty>
          ) : (
            <MessageList messages={messages} partition={partition} open={open} onOpen={setOpen} />
          )}
        </>
      )}
    </QueryState>
  );
}

function placeOf(query: URLSearchParams): Place {
  const from = query.get("from");
  const time = query.get("time");
  if (time !== null && Number.isFinite(Number(time))) return { time: Number(time) };
  if (from === "earliest") return "earliest";
  return from !== null && /^\d{1,16}$/.test(from) ? { offset: Number(from) } : "latest";
}
