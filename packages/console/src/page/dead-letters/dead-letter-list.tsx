import { useInfiniteQuery } from "@tanstack/react-query";
import type { DeadLetter, RedriveRequest } from "@tidegate/contracts";
import { useState } from "react";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { countOf, countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { keyText } from "../messages/message-text.ts";
import { MessageView } from "../messages/message-view.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Drawer } from "../parts/drawer.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { Empty, Panel } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";

const pageSize = 100;
const everyMs = 10_000;

const columns: readonly Column<DeadLetter>[] = [
  {
    id: "place",
    head: "Place",
    width: "6rem",
    cell: ({ partition, originOffset }) => `${partition}:${originOffset}`,
  },
  {
    id: "reason",
    head: "Why",
    width: "minmax(0, 3fr)",
    cell: ({ reason }) =>
      reason === null ? <span className="none">no reason was given</span> : <Foreign text={reason} />,
    sort: ({ reason }) => reason,
  },
  {
    id: "key",
    head: "Key",
    width: "minmax(0, 1.2fr)",
    room: "medium",
    cell: (letter) => {
      const key = keyText(letter);
      return key === null ? <span className="none">–</span> : <Foreign text={key} />;
    },
  },
  {
    id: "attempts",
    head: "Attempts",
    width: "5.5rem",
    align: "end",
    room: "medium",
    cell: ({ attempts }) => countText(attempts),
    sort: ({ attempts }) => attempts,
  },
  {
    id: "at",
    head: "Published",
    width: "7rem",
    align: "end",
    cell: ({ timestamp }) => <Time at={timestamp} />,
    sort: ({ timestamp }) => timestamp,
  },
];

/** What a group has given up: looked at, and handed to it again. */
export function DeadLetterList({ topic, group }: { topic: string; group: string }) {
  const client = useClient();
  const [open, setOpen] = useState<DeadLetter | null>(null);
  const [all, setAll] = useState(false);
  const asked = useInfiniteQuery({
    queryKey: ["dead-letters", topic, group],
    queryFn: ({ pageParam, signal }) =>
      client.deadLetters(topic, group, { limit: pageSize, ...pageParam }, { signal }),
    initialPageParam: {} as { partition?: number; from?: number },
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) > 1 ? false : everyMs),
  });
  const redrive = useAction(
    (what: RedriveRequest) => client.redrive(topic, group, what),
    ({ redriven }: { redriven: number }) => `${countOf(redriven, "message")} handed to ${group} again`,
  );
  const one = async ({ partition, offset }: DeadLetter) => {
    if (await redrive.run({ messages: [{ partition, offset }] })) setOpen(null);
  };
  return (
    <QueryState of={asked}>
      {({ pages }) => {
        const letters = pages.flatMap(({ messages }) => messages);
        return (
          <Panel
            title={`${asked.hasNextPage ? "The first " : ""}${countOf(letters.length, "dead letter")}`}
            aside={
              letters.length > 0 && <ActionButton onAct={() => setAll(true)}>Redrive all …</ActionButton>
            }
          >
            {letters.length === 0 ? (
              <Empty title="No dead letter">
                <p>
                  A message comes here when its last delivery has failed, or its handler gives it up. Then it
                  can be looked at, and handed to {group} again.
                </p>
              </Empty>
            ) : (
              <DataTable
                label={`Dead letters of ${group}`}
                columns={columns}
                rows={letters}
                keyOf={({ partition, offset }) => `${partition}:${offset}`}
                onOpen={setOpen}
                rowHeight={38}
                selected={open === null ? null : `${open.partition}:${open.offset}`}
              />
            )}
            {asked.hasNextPage && (
              <button
                type="button"
                className="button"
                disabled={asked.isFetchingNextPage}
                onClick={() => void asked.fetchNextPage()}
              >
                {asked.isFetchingNextPage ? "Asking …" : "More"}
              </button>
            )}
            <Drawer
              open={open !== null}
              onClose={() => setOpen(null)}
              title={open === null ? "" : `Dead letter ${open.partition}:${open.originOffset}`}
              actions={
                open !== null && (
                  <ActionButton kind="primary" busy={redrive.busy} onAct={() => void one(open)}>
                    Redrive
                  </ActionButton>
                )
              }
            >
              {open !== null && (
                <MessageView
                  message={open}
                  partition={open.partition}
                  more={[
                    [
                      "Why",
                      open.reason === null ? (
                        "no reason was given"
                      ) : (
                        <Foreign key="why" text={open.reason} whole />
                      ),
                    ],
                    ["Attempts", countText(open.attempts)],
                    ["Offset in the topic", countText(open.originOffset)],
                  ]}
                />
              )}
            </Drawer>
            <Confirm
              open={all}
              onClose={() => setAll(false)}
              title="Redrive all dead letters?"
              act="Redrive all"
              onConfirm={() => redrive.run({ all: true })}
            >
              <p>
                Every dead letter of <b>{group}</b> is handed to it again, with all its attempts anew. What
                made them fail should be mended first, or they come back.
              </p>
            </Confirm>
          </Panel>
        );
      }}
    </QueryState>
  );
}
