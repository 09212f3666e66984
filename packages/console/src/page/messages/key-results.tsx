import { useInfiniteQuery } from "@tanstack/react-query";
import type { StoredMessage } from "@tidegate/contracts";
import { useState } from "react";
import { useClient } from "../api/client.ts";
import { countOf, countText } from "../format/numbers.ts";
import { Foreign } from "../parts/foreign.tsx";
import { Empty } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { MessageList } from "./message-list.tsx";
import { searchKey } from "./read-page.ts";

interface KeyResultsProps {
  topic: string;
  partition: number;
  messageKey: string;
  /** The partition to which the key goes. */
  own: number | null;
}

/** The messages of one key, the newest first, as far back as was asked. */
export function KeyResults({ topic, partition, messageKey, own }: KeyResultsProps) {
  const client = useClient();
  const [open, setOpen] = useState<StoredMessage | null>(null);
  const asked = useInfiniteQuery({
    queryKey: ["key", topic, partition, messageKey],
    queryFn: ({ pageParam, signal }) =>
      searchKey(client, { topic, partition, key: messageKey, before: pageParam }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: ({ from, start }) => (from > start ? from : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <QueryState of={asked}>
      {({ pages }) => {
        const found = pages.flatMap((page) => page.found);
        const looked = pages.reduce((sum, page) => sum + page.looked, 0);
        return (
          <>
            <div className="pager">
              <p>
                {countOf(found.length, "message")} with the key{" "}
                <code>
                  <Foreign text={messageKey} />
                </code>{" "}
                among the last {countText(looked)} of partition {partition}
                {own === partition ? ", to which this key goes" : `; the key goes to partition ${own}`}.
              </p>
              {asked.hasNextPage && (
                <button
                  type="button"
                  className="button small"
                  disabled={asked.isFetchingNextPage}
                  onClick={() => void asked.fetchNextPage()}
                >
                  {asked.isFetchingNextPage ? "Looking …" : "Look further back"}
                </button>
              )}
            </div>
            {found.length === 0 ? (
              <Empty title="None so far">
                <p>
                  {asked.hasNextPage
                    ? "Older messages have not been looked at."
                    : "All of the partition was looked at. Messages that were published before partitions were added may lie in another one."}
                </p>
              </Empty>
            ) : (
              <MessageList messages={found} partition={partition} open={open} onOpen={setOpen} />
            )}
          </>
        );
      }}
    </QueryState>
  );
}
