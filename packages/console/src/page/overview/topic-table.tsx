import type { TopicFigures } from "@tidegate/contracts";
import { Link } from "wouter";
import { bytesText, countText, rateText } from "../format/numbers.ts";
import { Age } from "../format/time.tsx";
import type { Live } from "../live/feed.ts";
import type { Series } from "../live/series.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { judge } from "./verdict.ts";

interface TopicRow {
  readonly topic: TopicFigures;
  readonly series: Series | undefined;
  readonly published: number;
  readonly drained: number;
  readonly lag: number;
  readonly inFlight: number;
  readonly dead: number;
  readonly oldestAt: number | null;
  readonly until: number;
}

/** A rate that was told longer ago is none. */
const freshMs = 4_000;

const columns: readonly Column<TopicRow>[] = [
  {
    id: "name",
    head: "Topic",
    width: "minmax(8rem, 2fr)",
    cell: ({ topic }) => (
      <Link href={`/topics/${encodeURIComponent(topic.name)}`} className="row-link" tabIndex={-1}>
        {topic.name}
      </Link>
    ),
    sort: ({ topic }) => topic.name,
  },
  {
    id: "spark",
    head: <span className="sr-only">Publish rate over two minutes</span>,
    width: "112px",
    room: "medium",
    cell: ({ series, until, topic }) => (
      <Sparkline
        at={series?.at ?? []}
        values={series?.published ?? []}
        until={until}
        label={`Publish rate of ${topic.name} over two minutes`}
      />
    ),
  },
  {
    id: "published",
    head: "Published / s",
    align: "end",
    room: "medium",
    cell: ({ published }) => rateText(published),
    sort: ({ published }) => published,
  },
  {
    id: "drained",
    head: "Drained / s",
    align: "end",
    room: "medium",
    cell: ({ drained }) => rateText(drained),
    sort: ({ drained }) => drained,
  },
  {
    id: "lag",
    head: "Lag",
    align: "end",
    width: "minmax(5.5rem, 1fr)",
    cell: ({ lag, series, until }) => <Trend lag={lag} series={series} until={until} />,
    sort: ({ lag }) => lag,
  },
  {
    id: "oldest",
    head: "Oldest",
    align: "end",
    width: "minmax(4.5rem, 1fr)",
    cell: ({ oldestAt }) => <Age since={oldestAt} />,
    sort: ({ oldestAt }) => (oldestAt === null ? null : -oldestAt),
  },
  {
    id: "flight",
    head: "In flight",
    align: "end",
    room: "wide",
    cell: ({ inFlight }) => countText(inFlight),
    sort: ({ inFlight }) => inFlight,
  },
  {
    id: "dead",
    head: "Dead letters",
    align: "end",
    room: "wide",
    cell: ({ dead }) => <span className={dead > 0 ? "bad-number" : ""}>{countText(dead)}</span>,
    sort: ({ dead }) => dead,
  },
  {
    id: "messages",
    head: "Messages",
    align: "end",
    room: "wide",
    cell: ({ topic }) => <span title={bytesText(topic.bytes)}>{countText(topic.messages)}</span>,
    sort: ({ topic }) => topic.messages,
  },
];

/** All topics, a row each. */
export function TopicTable({
  topics,
  live,
  onOpen,
}: {
  topics: readonly TopicFigures[];
  live: Live;
  onOpen: (name: string) => void;
}) {
  const until = live.totals.at.at(-1) ?? live.at ?? 0;
  const rows = topics.map((topic) => rowOf(topic, live.byTopic.get(topic.name), until));
  return (
    <DataTable
      label="Topics"
      columns={columns}
      rows={rows}
      keyOf={({ topic }) => topic.name}
      onOpen={({ topic }) => onOpen(topic.name)}
      sortedBy={{ id: "name", down: false }}
    />
  );
}

function rowOf(topic: TopicFigures, series: Series | undefined, until: number): TopicRow {
  const fresh = series !== undefined && until - (series.at.at(-1) ?? 0) < freshMs;
  const row = { lag: 0, inFlight: 0, dead: 0 };
  let oldestAt: number | null = null;
  for (const group of topic.groups) {
    row.lag += group.lag;
    row.inFlight += group.inFlight;
    row.dead += group.deadLettered;
    if (group.oldestAt !== null) oldestAt = Math.min(oldestAt ?? group.oldestAt, group.oldestAt);
  }
  return {
    ...row,
    ...{ topic, series, oldestAt, until },
    published: fresh ? (series.published.at(-1) ?? 0) : 0,
    drained: fresh ? (series.drained.at(-1) ?? 0) : 0,
  };
}

function Trend({ lag, series, until }: { lag: number; series: Series | undefined; until: number }) {
  const { kind } = judge(series?.at ?? [], series?.lag ?? [], series?.published ?? [], until);
  const sign = kind === "grows" ? "▲" : kind === "shrinks" ? "▼" : "";
  return (
    <span className="trend" data-kind={kind}>
      {sign !== "" && (
        <span className="trend-sign" title={kind === "grows" ? "It grows" : "It shrinks"}>
          {sign}
        </span>
      )}
      {countText(lag)}
    </span>
  );
}
