import { useQuery } from "@tanstack/react-query";
import { TidegateError } from "@tidegate/client";
import { useMemo } from "react";
import { Link } from "wouter";
import { useClient } from "../api/client.ts";
import { bytesText, countText, rateText } from "../format/numbers.ts";
import { noSeries } from "../live/series.ts";
import { useLive, useWatched } from "../live/use-live.ts";
import { MessageBrowser } from "../messages/message-browser.tsx";
import { Chart, type Line } from "../parts/chart.tsx";
import { PageHead, Parts } from "../parts/page-head.tsx";
import { Empty, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { GroupTable } from "./group-table.tsx";
import { PartitionTable } from "./partition-table.tsx";
import { TopicSettings } from "./topic-settings.tsx";

const shownGroups = 6;
const parts = [
  ["groups", "Groups"],
  ["partitions", "Partitions"],
  ["messages", "Messages"],
  ["settings", "Settings"],
] as const;

/** One topic: what comes in, who reads it, and what lies in it. */
export function TopicPage({ name, part }: { name: string; part: string }) {
  const live = useLive();
  const client = useClient();
  const watched = useWatched(name);
  const asked = useQuery({
    queryKey: ["topic", name],
    queryFn: ({ signal }) => client.topics.get(name, { signal }),
    // The stream tells what changes; this is for a server whose stream does not.
    refetchInterval: 30_000,
  });
  const deleted =
    watched?.topic === null ||
    (asked.error instanceof TidegateError && asked.error.code === "TOPIC_NOT_FOUND");
  const topic = watched?.topic ?? asked.data;
  const series = live.byTopic.get(name) ?? noSeries;
  const lines = useMemo(() => linesOf(series.lags), [series.lags]);
  const figures = live.topics.find((each) => each.name === name);
  const base = `/topics/${encodeURIComponent(name)}`;
  const until = live.totals.at.at(-1) ?? null;
  if (deleted && figures === undefined) return <Gone name={name} />;
  return (
    <div className="page" data-stale={live.state === "stale" ? "" : undefined}>
      <PageHead
        trail={[{ name: "Topics", path: "/" }]}
        title={name}
        pills={
          <>
            {deleted && <Pill kind="bad">deleted</Pill>}
            {topic?.gate && <Pill kind="info">gate {topic.gate.id}</Pill>}
            {topic !== undefined && <Pill>{topic.retention.policy}</Pill>}
          </>
        }
      />
      {figures !== undefined && (
        <p className="summary">
          <b>{countText(figures.messages)}</b> messages, <b>{bytesText(figures.bytes)}</b> in{" "}
          <b>{countText(figures.partitions)}</b> {figures.partitions === 1 ? "partition" : "partitions"}
          {figures.delayed > 0 && (
            <>
              , <b>{countText(figures.delayed)}</b> not due yet
            </>
          )}
          .
        </p>
      )}
      <Parts
        label="Parts of this page"
        now={part}
        parts={parts.map(([name, shown]) => ({ name, shown, path: `${base}/${name}` }))}
      />
      {part === "messages" ? (
        <QueryState of={asked} missing={<Gone name={name} />}>
          {({ partitions }) => <MessageBrowser topic={name} partitions={partitions} />}
        </QueryState>
      ) : topic === undefined ? (
        <QueryState of={asked}>{() => null}</QueryState>
      ) : part === "partitions" ? (
        <Panel>
          <PartitionTable topic={topic} />
        </Panel>
      ) : part === "settings" ? (
        <TopicSettings topic={topic} />
      ) : (
        <>
          <div className="charts">
            <Panel
              title="Published and drained"
              aside={<span className="unit">a second; each group drains every message</span>}
            >
              <Chart
                label={`Messages of ${name} published and drained a second`}
                at={series.at}
                until={until}
                lines={[
                  { name: "Published", values: series.published, colour: "line-1" },
                  { name: "Drained", values: series.drained, colour: "line-2" },
                ]}
                show={rateText}
                height={160}
              />
            </Panel>
            <Panel title="Lag by group" aside={<span className="unit">messages</span>}>
              <Chart
                label={`Lag of the groups of ${name}`}
                at={series.at}
                until={until}
                lines={lines}
                show={countText}
                height={160}
              />
            </Panel>
          </div>
          <Panel>
            <GroupTable topic={name} groups={figures?.groups ?? []} described={watched?.groups ?? []} />
          </Panel>
        </>
      )}
    </div>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <Empty title={`There is no topic ${name}`}>
      <p>It was deleted, or never made. Whoever publishes to it is told TOPIC_NOT_FOUND.</p>
      <Link href="/" className="button">
        To the overview
      </Link>
    </Empty>
  );
}

function linesOf(lags: Readonly<Record<string, readonly (number | null)[]>>): Line[] {
  const names = Object.keys(lags).sort();
  return names
    .slice(0, shownGroups)
    .map((name, index) => ({ name, values: lags[name]!, colour: `line-${((index + 2) % shownGroups) + 1}` }));
}
