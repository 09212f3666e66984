import type { GroupDescription, GroupFigures } from "@tidegate/contracts";
import { Link, useLocation } from "wouter";
import { countText, rateText } from "../format/numbers.ts";
import { Age } from "../format/time.tsx";
import { noSeries, type Series } from "../live/series.ts";
import { useLive } from "../live/use-live.ts";
import { judge } from "../overview/verdict.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty, Pill } from "../parts/panel.tsx";

interface GroupRow {
  readonly topic: string;
  readonly figures: GroupFigures;
  readonly described: GroupDescription | undefined;
  readonly series: Series;
  readonly until: number;
}

const pathOf = ({ topic, figures }: GroupRow) =>
  `/topics/${encodeURIComponent(topic)}/groups/${encodeURIComponent(figures.name)}`;

const columns: readonly Column<GroupRow>[] = [
  {
    id: "name",
    head: "Group",
    width: "minmax(8rem, 2fr)",
    cell: (row) => (
      <>
        <Link href={pathOf(row)} className="row-link" tabIndex={-1}>
          {row.figures.name}
        </Link>
        {row.described?.paused === true && <Pill kind="warn">paused</Pill>}
        {row.described?.push && <Pill kind="info">push</Pill>}
      </>
    ),
    sort: ({ figures }) => figures.name,
  },
  {
    id: "trend",
    head: "Trend",
    width: "minmax(6rem, 1fr)",
    room: "medium",
    cell: ({ series, figures, until }) => {
      const { kind, perSecond } = judge(series.at, series.lags[figures.name] ?? [], series.published, until);
      if (kind === "grows") return <Pill kind="warn">grows {rateText(perSecond)} / s</Pill>;
      if (kind === "shrinks") return <Pill kind="good">shrinks {rateText(-perSecond)} / s</Pill>;
      return <span className="none">{kind === "unknown" ? "…" : kind}</span>;
    },
  },
  {
    id: "lag",
    head: "Lag",
    align: "end",
    cell: ({ figures }) => countText(figures.lag),
    sort: ({ figures }) => figures.lag,
  },
  {
    id: "oldest",
    head: "Oldest",
    align: "end",
    cell: ({ figures }) => <Age since={figures.oldestAt} />,
    sort: ({ figures }) => (figures.oldestAt === null ? null : -figures.oldestAt),
  },
  {
    id: "flight",
    head: "In flight",
    align: "end",
    room: "medium",
    cell: ({ figures }) => countText(figures.inFlight),
    sort: ({ figures }) => figures.inFlight,
  },
  {
    id: "retrying",
    head: "Retrying",
    align: "end",
    room: "wide",
    cell: ({ figures }) => countText(figures.retrying),
    sort: ({ figures }) => figures.retrying,
  },
  {
    id: "dead",
    head: "Dead letters",
    align: "end",
    room: "medium",
    cell: (row) =>
      row.figures.deadLettered === 0 ? (
        "0"
      ) : (
        <Link href={`${pathOf(row)}/dead-letters`} className="bad-number" tabIndex={-1}>
          {countText(row.figures.deadLettered)}
        </Link>
      ),
    sort: ({ figures }) => figures.deadLettered,
  },
];

/** Who reads a topic, a row each. */
export function GroupTable({
  topic,
  groups,
  described,
}: {
  topic: string;
  groups: readonly GroupFigures[];
  described: readonly GroupDescription[];
}) {
  const [, go] = useLocation();
  const { byTopic, totals } = useLive();
  const series = byTopic.get(topic) ?? noSeries;
  const until = totals.at.at(-1) ?? 0;
  if (groups.length === 0) {
    return (
      <Empty title="Nobody reads this topic yet">
        <p>
          A group is made by its first reader: <code>tidegate consume {topic} --group billing</code>, or{" "}
          <code>POST /v1/topics/{topic}/groups/billing/receive</code>.
        </p>
      </Empty>
    );
  }
  const rows = groups.map((figures) => ({
    ...{ topic, figures, series, until },
    described: described.find(({ name }) => name === figures.name),
  }));
  return (
    <DataTable
      label={`Groups of ${topic}`}
      columns={columns}
      rows={rows}
      keyOf={({ figures }) => figures.name}
      onOpen={(row) => go(pathOf(row))}
      sortedBy={{ id: "name", down: false }}
    />
  );
}
