import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import { countText, rateText } from "../format/numbers.ts";
import { Age } from "../format/time.tsx";
import type { Live } from "../live/feed.ts";
import { useLive } from "../live/use-live.ts";
import { Chart } from "../parts/chart.tsx";
import { Empty, Panel } from "../parts/panel.tsx";
import { Attention } from "./attention.tsx";
import { TopicTable } from "./topic-table.tsx";
import { judge, verdictText } from "./verdict.ts";

/** Whether the backlog grows or shrinks, where, and what there is. */
export function OverviewPage() {
  const live = useLive();
  const [filter, setFilter] = useState("");
  const wanted = useDeferredValue(filter.trim().toLowerCase());
  const [, go] = useLocation();
  const topics = live.topics.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <div className="page" data-stale={live.state === "stale" ? "" : undefined}>
      <h1 className="sr-only">Overview</h1>
      <Totals live={live} />
      <div className="charts">
        <Panel
          title="Published and drained"
          aside={<span className="unit">a second; each group drains every message</span>}
        >
          <Chart
            label="Messages published and drained a second"
            at={live.totals.at}
            lines={[
              { name: "Published", values: live.totals.published, colour: "line-1" },
              { name: "Drained", values: live.totals.drained, colour: "line-2" },
            ]}
            show={rateText}
          />
        </Panel>
        <Panel title="Lag" aside={<span className="unit">messages, all groups</span>}>
          <Chart
            label="Messages that wait"
            at={live.totals.at}
            lines={[{ name: "Lag", values: live.totals.lag, colour: "line-3", filled: true }]}
            show={countText}
          />
        </Panel>
      </div>
      <Attention live={live} />
      <Panel
        title={`Topics ${live.at === null ? "" : countText(live.topics.length)}`}
        aside={
          <input
            type="search"
            className="search"
            placeholder="Filter by name"
            aria-label="Filter topics by name"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        }
      >
        {live.at !== null && live.topics.length === 0 ? (
          <Empty title="There is no topic yet">
            <p>
              Make one: <code>tidegate topics create orders</code>, or <code>PUT /v1/topics/orders</code>. It
              appears here by itself.
            </p>
          </Empty>
        ) : topics.length === 0 && live.at !== null ? (
          <Empty title={`No topic has “${filter.trim()}” in its name`} />
        ) : (
          <TopicTable
            topics={topics}
            live={live}
            onOpen={(name) => go(`/topics/${encodeURIComponent(name)}`)}
          />
        )}
      </Panel>
    </div>
  );
}

function Totals({ live }: { live: Live }) {
  const { totals, topics } = live;
  const lag = totals.lag.at(-1) ?? 0;
  const verdict = judge(totals.at, totals.lag, totals.published);
  const groups = topics.flatMap((topic) => topic.groups);
  const sum = (of: (group: (typeof groups)[number]) => number) =>
    groups.reduce((all, group) => all + of(group), 0);
  const oldest = groups.reduce<number | null>(
    (least, { oldestAt }) => (oldestAt === null ? least : Math.min(least ?? oldestAt, oldestAt)),
    null,
  );
  return (
    <section className="totals" aria-label="All topics together">
      <p className="verdict" data-kind={verdict.kind} data-testid="verdict">
        {live.at === null ? "Waiting for the first figures …" : verdictText(verdict, lag)}
      </p>
      <dl className="figures">
        <Figure name="Published" value={rateText(recent(totals.published))} unit="/ s" colour="line-1" />
        <Figure name="Drained" value={rateText(recent(totals.drained))} unit="/ s" colour="line-2" />
        <Figure name="Lag" value={countText(lag)} colour="line-3" />
        <Figure name="In flight" value={countText(sum(({ inFlight }) => inFlight))} />
        <Figure name="Retrying" value={countText(sum(({ retrying }) => retrying))} />
        <Figure name="Dead letters" value={countText(sum(({ deadLettered }) => deadLettered))} />
        <div className="figure">
          <dt>Oldest</dt>
          <dd>
            <Age since={oldest} />
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Figure({
  name,
  value,
  unit,
  colour,
}: {
  name: string;
  value: string;
  unit?: string;
  colour?: string;
}) {
  return (
    <div className="figure" data-colour={colour}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit !== undefined && <span className="unit"> {unit}</span>}
      </dd>
    </div>
  );
}

/** The mean of the last three samples: a number that can be read while it changes. */
function recent(values: readonly (number | null)[]): number {
  const last = values.slice(-3).map((value) => value ?? 0);
  return last.length === 0 ? 0 : last.reduce((sum, value) => sum + value, 0) / last.length;
}
