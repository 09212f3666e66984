import { useQuery } from "@tanstack/react-query";
import { TidegateError } from "@tidegate/client";
import { useState } from "react";
import { Link } from "wouter";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { DeadLetterList } from "../dead-letters/dead-letter-list.tsx";
import { countText } from "../format/numbers.ts";
import { Age, Time } from "../format/time.tsx";
import { noSeries } from "../live/series.ts";
import { useLive, useWatched } from "../live/use-live.ts";
import { judge, verdictText } from "../overview/verdict.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { Chart } from "../parts/chart.tsx";
import { PageHead, Parts } from "../parts/page-head.tsx";
import { Empty, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { FlowPanel } from "./flow-panel.tsx";
import { GroupPartitions } from "./group-partitions.tsx";
import { GroupSettings } from "./group-settings.tsx";
import { PauseDialog } from "./pause-dialog.tsx";
import { SeekDialog } from "./seek-dialog.tsx";

/** The stream tells of changed settings as late as that. */
const settlesMs = 7_000;

/** One reader of a topic: how far behind it is, who holds what, and the levers. */
export function GroupPage({ topic, group: name, part }: { topic: string; group: string; part: string }) {
  const client = useClient();
  const live = useLive();
  const watched = useWatched(topic);
  const [asking, setAsking] = useState<"pause" | "seek" | null>(null);
  const asked = useQuery({
    queryKey: ["group", topic, name],
    queryFn: ({ signal }) => client.groups.get(topic, name, { signal }),
    refetchInterval: 30_000,
  });
  const resume = useAction(() => client.groups.resume(topic, name), `${name} is handed messages again`);
  const gone =
    watched?.topic === null ||
    (asked.error instanceof TidegateError && asked.error.status === 404) ||
    (watched !== null &&
      asked.data === undefined &&
      watched.groups.every((each) => each.name !== name) &&
      asked.isError);
  const told = watched?.groups.find((each) => each.name === name);
  // What was done here is asked for at once.
  const group =
    told !== undefined && asked.dataUpdatedAt < watched!.toldAt - settlesMs ? told : (asked.data ?? told);
  const figures = live.topics.find((each) => each.name === topic)?.groups.find((each) => each.name === name);
  const series = live.byTopic.get(topic) ?? noSeries;
  const lag = series.lags[name] ?? [];
  const until = live.totals.at.at(-1) ?? null;
  const verdict = judge(series.at, lag, series.published, until ?? 0);
  const base = `/topics/${encodeURIComponent(topic)}/groups/${encodeURIComponent(name)}`;
  if (gone && figures === undefined) return <Gone topic={topic} name={name} />;
  return (
    <div className="page" data-stale={live.state === "stale" ? "" : undefined}>
      <PageHead
        trail={[
          { name: "Topics", path: "/" },
          { name: topic, path: `/topics/${encodeURIComponent(topic)}` },
        ]}
        title={name}
        pills={
          group !== undefined && (
            <>
              {group.paused && <Pill kind="warn">paused</Pill>}
              {group.pin !== null && <Pill kind="info">pinned</Pill>}
              {group.push !== null && <Pill kind="info">push</Pill>}
              {group.ordering !== "none" && <Pill>in order by {group.ordering}</Pill>}
              {group.heldUntil !== null && group.heldUntil > Date.now() && (
                <Pill kind="warn">
                  held, goes on <Time at={group.heldUntil} />
                </Pill>
              )}
            </>
          )
        }
        actions={
          <>
            {group?.paused === true ? (
              <ActionButton kind="primary" onAct={() => void resume.run(undefined)} busy={resume.busy}>
                Resume
              </ActionButton>
            ) : (
              <ActionButton onAct={() => setAsking("pause")}>Pause …</ActionButton>
            )}
            <ActionButton onAct={() => setAsking("seek")}>Seek …</ActionButton>
          </>
        }
      />
      <section className="totals" aria-label="The group as a whole">
        <p className="verdict small" data-kind={verdict.kind}>
          {group?.paused === true ? "Paused: nothing is handed out" : verdictText(verdict, figures?.lag ?? 0)}
        </p>
        <dl className="figures">
          {(
            [
              ["Lag", countText(figures?.lag ?? group?.lag ?? 0)],
              ["In flight", countText(figures?.inFlight ?? group?.inFlight ?? 0)],
              ["Retrying", countText(figures?.retrying ?? group?.retrying ?? 0)],
              ["Dead letters", countText(figures?.deadLettered ?? group?.deadLettered ?? 0)],
              ["Expired", group === undefined ? "–" : countText(group.expired)],
              ["Oldest", <Age key="oldest" since={figures?.oldestAt ?? null} />],
            ] as const
          ).map(([term, value]) => (
            <div className="figure" key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Parts
        label="Parts of this page"
        now={part}
        parts={[
          { name: "partitions", path: `${base}/partitions`, shown: "Partitions" },
          { name: "flow", path: `${base}/flow`, shown: "Flow" },
          {
            name: "dead-letters",
            path: `${base}/dead-letters`,
            shown: `Dead letters${figures?.deadLettered ? ` ${countText(figures.deadLettered)}` : ""}`,
          },
          { name: "settings", path: `${base}/settings`, shown: "Settings" },
        ]}
      />
      {part === "flow" ? (
        <FlowPanel topic={topic} group={name} />
      ) : part === "dead-letters" ? (
        <DeadLetterList topic={topic} group={name} />
      ) : group === undefined ? (
        <QueryState of={asked}>{() => null}</QueryState>
      ) : part === "settings" ? (
        <GroupSettings group={group} />
      ) : (
        <>
          <Panel title="Lag" aside={<span className="unit">messages</span>}>
            <Chart
              label={`Lag of ${name}`}
              at={series.at}
              until={until}
              spanMs={600_000}
              lines={[{ name: "Lag", values: lag, colour: "line-3", filled: true }]}
              show={countText}
              height={160}
            />
          </Panel>
          <Panel>
            <GroupPartitions group={group} />
          </Panel>
        </>
      )}
      <PauseDialog open={asking === "pause"} onClose={() => setAsking(null)} topic={topic} group={name} />
      {asking === "seek" && group !== undefined && (
        <SeekDialog onClose={() => setAsking(null)} topic={topic} group={group} />
      )}
    </div>
  );
}

function Gone({ topic, name }: { topic: string; name: string }) {
  return (
    <Empty title={`There is no group ${name} of ${topic}`}>
      <p>It was deleted with its topic or by itself, or never made.</p>
      <Link href="/" className="button">
        To the overview
      </Link>
    </Empty>
  );
}
