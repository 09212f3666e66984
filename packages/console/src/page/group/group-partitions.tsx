import type { GroupDescription, GroupPartition } from "@tidegate/contracts";
import { countText } from "../format/numbers.ts";
import { Time } from "../format/time.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Foreign } from "../parts/foreign.tsx";

const shownHolders = 2;

const columns: readonly Column<GroupPartition>[] = [
  {
    id: "partition",
    head: "Part.",
    width: "4rem",
    cell: ({ partition }) => partition,
    sort: ({ partition }) => partition,
  },
  {
    id: "end",
    head: "End",
    align: "end",
    room: "medium",
    cell: ({ end }) => countText(end),
    sort: ({ end }) => end,
  },
  {
    id: "committed",
    head: "Committed",
    align: "end",
    cell: ({ committed }) => countText(committed),
    sort: ({ committed }) => committed,
  },
  { id: "lag", head: "Lag", align: "end", cell: ({ lag }) => countText(lag), sort: ({ lag }) => lag },
  {
    id: "flight",
    head: "In flight",
    align: "end",
    cell: ({ inFlight }) => countText(inFlight),
    sort: ({ inFlight }) => inFlight,
  },
  {
    id: "retrying",
    head: "Retrying",
    align: "end",
    room: "wide",
    cell: ({ retrying }) => countText(retrying),
    sort: ({ retrying }) => retrying,
  },
  {
    id: "acked",
    head: "Acknowledged",
    align: "end",
    room: "wide",
    cell: ({ acked }) => countText(acked),
    sort: ({ acked }) => acked,
  },
  {
    id: "dead",
    head: "Dead letters",
    align: "end",
    room: "wide",
    cell: ({ deadLettered }) => countText(deadLettered),
    sort: ({ deadLettered }) => deadLettered,
  },
  {
    id: "holders",
    head: "Held by",
    width: "minmax(0, 2.4fr)",
    room: "medium",
    cell: (partition) => <Holders of={partition} />,
  },
];

/** Where a group stands in each partition, and who holds leases there. */
export function GroupPartitions({ group }: { group: GroupDescription }) {
  return (
    <DataTable
      label={`Partitions of ${group.name}`}
      columns={columns}
      rows={group.partitions}
      keyOf={({ partition }) => String(partition)}
      sortedBy={{ id: "partition", down: false }}
      rowHeight={38}
    />
  );
}

/** Who holds leases is some seconds older than how many are in flight. */
function Holders({ of: { leases, inFlight } }: { of: GroupPartition }) {
  if (inFlight === 0) return <span className="none">–</span>;
  if (leases.length === 0) return <span className="none">a moment …</span>;
  return (
    <span className="holders">
      {leases.slice(0, shownHolders).map(({ id, consumer, deadline, messages }) => (
        <span key={id} className="holder" title={`Lease ${id}`}>
          <Foreign text={consumer ?? "unnamed"} />{" "}
          <span className="none">
            {countText(messages)}, <Time at={deadline} />
          </span>
        </span>
      ))}
      {leases.length > shownHolders && <span className="none">+{leases.length - shownHolders}</span>}
    </span>
  );
}
