import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { spanText } from "../format/durations.ts";
import { countText } from "../format/numbers.ts";
import { JsonText } from "../messages/json-text.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { PageHead, Parts } from "../parts/page-head.tsx";
import { Empty, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";
import { RetryFailed } from "./retry-failed.tsx";
import { RunDrawer } from "./run-drawer.tsx";
import { RunTable } from "./run-table.tsx";

const everyMs = 3_000;
const pageSize = 100;
/** What a queue can be asked for; those that were cancelled are gone from it, or stand where they stood. */
export const listedStates = [
  "running",
  "waiting",
  "delayed",
  "waiting-children",
  "failed",
  "completed",
] as const;
export type ListedState = (typeof listedStates)[number];
const empty: Readonly<Record<ListedState, string>> = {
  running: "No run is with a worker",
  waiting: "No run waits for a worker",
  delayed: "No run waits for its time",
  "waiting-children": "No run waits for others",
  failed: "No run has failed",
  completed: "No run has completed lately",
};

/** One task: how many runs stand where, and the runs by their state. */
export function TaskPage({ task, id }: { task: string; id: string | null }) {
  const client = useClient();
  const [query] = useSearchParams();
  const [, go] = useLocation();
  const [pausing, setPausing] = useState(false);
  const [schema, setSchema] = useState(false);
  const asked = useQuery({
    queryKey: ["task", task],
    queryFn: ({ signal }) => client.tasks.describe(task, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
  const pause = useAction(() => client.tasks.pause(task), `${task} is paused`);
  const resume = useAction(() => client.tasks.resume(task), `${task} goes on`);
  const base = `/tasks/${encodeURIComponent(task)}`;
  const wanted = query.get("state");
  return (
    <div className="page">
      <QueryState
        of={asked}
        missing={
          <Empty title={`There is no task ${task}`}>
            <p>Workers make their tasks known when they start.</p>
            <Link href="/tasks" className="button">
              To all tasks
            </Link>
          </Empty>
        }
      >
        {({ paused, counts, attempts, timeoutMs, inputSchema }) => {
          const state = listedStates.find((each) => each === wanted) ?? firstState(counts);
          return (
            <>
              <PageHead
                trail={[{ name: "Tasks", path: "/tasks" }]}
                title={task}
                pills={paused && <Pill kind="warn">paused</Pill>}
                actions={
                  <>
                    {paused ? (
                      <ActionButton
                        kind="primary"
                        busy={resume.busy}
                        onAct={() => void resume.run(undefined)}
                      >
                        Resume
                      </ActionButton>
                    ) : (
                      <ActionButton onAct={() => setPausing(true)}>Pause …</ActionButton>
                    )}
                    {counts.failed > 0 && <RetryFailed task={task} failed={counts.failed} />}
                  </>
                }
              />
              <p className="summary">
                At most <b>{countText(attempts)}</b> attempts, <b>{spanText(timeoutMs)}</b> for each.{" "}
                <button
                  type="button"
                  className="link"
                  aria-expanded={schema}
                  onClick={() => setSchema(!schema)}
                >
                  {schema ? "Hide the schema of its input" : "Schema of its input"}
                </button>
              </p>
              {schema && (
                <pre className="value">
                  <JsonText text={JSON.stringify(inputSchema, null, 2)} />
                </pre>
              )}
              <Parts
                label="Runs by state"
                now={state}
                parts={listedStates.map((name) => ({
                  name,
                  path: `${base}?state=${name}`,
                  shown: (
                    <>
                      {name} <span className="unit">{countText(counts[name])}</span>
                    </>
                  ),
                }))}
              />
              <Runs
                key={state}
                task={task}
                state={state}
                onOpen={(run) => go(`${base}/${encodeURIComponent(run)}?state=${state}`)}
              />
            </>
          );
        }}
      </QueryState>
      <RunDrawer task={task} id={id} onClose={() => go(wanted === null ? base : `${base}?state=${wanted}`)} />
      <Confirm
        open={pausing}
        onClose={() => setPausing(false)}
        title={`Pause ${task}?`}
        act="Pause"
        danger
        onConfirm={() => pause.run(undefined)}
      >
        <p>Workers begin no run of it until it is resumed. Those that they have they end.</p>
      </Confirm>
    </div>
  );
}

function Runs({ task, state, onOpen }: { task: string; state: ListedState; onOpen: (id: string) => void }) {
  const client = useClient();
  const asked = useInfiniteQuery({
    queryKey: ["runs", task, state],
    queryFn: ({ pageParam, signal }) =>
      client.tasks.runs(
        task,
        { state, limit: pageSize, ...(pageParam > 0 && { from: pageParam }) },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) > 1 ? false : everyMs),
  });
  return (
    <QueryState of={asked}>
      {({ pages }) => {
        const runs = pages.flatMap(({ tasks }) => tasks);
        return (
          <Panel>
            {runs.length === 0 ? (
              <Empty title={empty[state]} />
            ) : (
              <RunTable runs={runs} label={`Runs of ${task} that are ${state}`} onOpen={onOpen} />
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
          </Panel>
        );
      }}
    </QueryState>
  );
}

function firstState(counts: Readonly<Record<ListedState, number>>): ListedState {
  const order: readonly ListedState[] = ["failed", "running", "waiting", "delayed", "completed"];
  return order.find((state) => counts[state] > 0) ?? "waiting";
}
