import type { GroupFigures } from "@tidegate/contracts";
import { Link, useLocation } from "wouter";
import { countText } from "../format/numbers.ts";
import { useLive } from "../live/use-live.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty, Panel } from "../parts/panel.tsx";

interface DeadRow {
  readonly topic: string;
  readonly group: GroupFigures;
}

const pathOf = ({ topic, group }: DeadRow) =>
  `/topics/${encodeURIComponent(topic)}/groups/${encodeURIComponent(group.name)}/dead-letters`;

const columns: readonly Column<DeadRow>[] = [
  { id: "topic", head: "Topic", cell: ({ topic }) => topic, sort: ({ topic }) => topic },
  {
    id: "group",
    head: "Group",
    cell: (row) => (
      <Link href={pathOf(row)} className="row-link" tabIndex={-1}>
        {row.group.name}
      </Link>
    ),
    sort: ({ group }) => group.name,
  },
  {
    id: "dead",
    head: "Dead letters",
    align: "end",
    width: "minmax(6rem, 0.6fr)",
    cell: ({ group }) => <span className="bad-number">{countText(group.deadLettered)}</span>,
    sort: ({ group }) => group.deadLettered,
  },
];

/** Where messages were given up, over all topics. */
export function DeadLettersPage() {
  const live = useLive();
  const [, go] = useLocation();
  const rows = live.topics.flatMap(({ name, groups }) =>
    groups.filter(({ deadLettered }) => deadLettered > 0).map((group) => ({ topic: name, group })),
  );
  return (
    <div className="page" data-stale={live.state === "stale" ? "" : undefined}>
      <h1>Dead letters</h1>
      <Panel>
        {rows.length === 0 ? (
          <Empty title={live.at === null ? "Asking …" : "No group has given up a message"}>
            <p>A message comes here when its last delivery has failed, or its handler gives it up.</p>
          </Empty>
        ) : (
          <DataTable
            label="Groups with dead letters"
            columns={columns}
            rows={rows}
            keyOf={({ topic, group }) => `${topic}/${group.name}`}
            onOpen={(row) => go(pathOf(row))}
            sortedBy={{ id: "dead", down: true }}
          />
        )}
      </Panel>
    </div>
  );
}
