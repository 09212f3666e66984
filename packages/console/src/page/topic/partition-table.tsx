import type { PartitionState, TopicDescription } from "@tidegate/contracts";
import { useLocation } from "wouter";
import { bytesText, countText } from "../format/numbers.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";

const columns: readonly Column<PartitionState>[] = [
  {
    id: "partition",
    head: "Partition",
    cell: ({ partition }) => partition,
    sort: ({ partition }) => partition,
  },
  {
    id: "start",
    head: "Start",
    align: "end",
    room: "medium",
    cell: ({ start }) => countText(start),
    sort: ({ start }) => start,
  },
  { id: "end", head: "End", align: "end", cell: ({ end }) => countText(end), sort: ({ end }) => end },
  {
    id: "messages",
    head: "Messages",
    align: "end",
    cell: ({ messages }) => countText(messages),
    sort: ({ messages }) => messages,
  },
  {
    id: "bytes",
    head: "Size",
    align: "end",
    room: "medium",
    cell: ({ bytes }) => bytesText(bytes),
    sort: ({ bytes }) => bytes,
  },
  {
    id: "delayed",
    head: "Not due yet",
    align: "end",
    room: "medium",
    cell: ({ delayed }) => countText(delayed),
    sort: ({ delayed }) => delayed,
  },
];

/** What each partition of a topic holds; Enter reads it. */
export function PartitionTable({ topic }: { topic: TopicDescription }) {
  const [, go] = useLocation();
  return (
    <DataTable
      label={`Partitions of ${topic.name}`}
      columns={columns}
      rows={topic.partitionStates}
      keyOf={({ partition }) => String(partition)}
      onOpen={({ partition }) =>
        go(`/topics/${encodeURIComponent(topic.name)}/messages?partition=${partition}`)
      }
      sortedBy={{ id: "partition", down: false }}
      rowHeight={38}
    />
  );
}
