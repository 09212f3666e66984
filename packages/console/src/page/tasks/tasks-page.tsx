import { useQueries, useQuery } from "@tanstack/react-query";
import type { TaskDescription } from "@tidegate/contracts";
import { Link, useLocation } from "wouter";
import { useClient } from "../api/client.ts";
import { countText } from "../format/numbers.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Empty, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";

interface TaskRow {
  readonly name: string;
  readonly described: TaskDescription | undefined;
}

const everyMs = 3_000;
const listEveryMs = 15_000;
/** Of more tasks only these are counted here; each has a page of its own. */
const mostCounted = 40;

const count = (of: (counts: TaskDescription["counts"]) => number, kind = "") => ({
  align: "end" as const,
  cell: ({ described }: TaskRow) => {
    const value = described === undefined ? null : of(described.counts);
    if (value === null) return <span className="none">…</span>;
    return <span className={value > 0 ? kind : ""}>{countText(value)}</span>;
  },
  sort: ({ described }: TaskRow) => (described === undefined ? null : of(described.counts)),
});

const columns: readonly Column<TaskRow>[] = [
  {
    id: "name",
    head: "Task",
    width: "minmax(8rem, 2fr)",
    cell: ({ name, described }) => (
      <>
        <Link href={`/tasks/${encodeURIComponent(name)}`} className="row-link" tabIndex={-1}>
          {name}
        </Link>
        {described?.paused === true && <Pill kind="warn">paused</Pill>}
      </>
    ),
    sort: ({ name }) => name,
  },
  { id: "waiting", head: "Waiting", ...count(({ waiting }) => waiting) },
  { id: "running", head: "Running", ...count(({ running }) => running) },
  { id: "delayed", head: "Delayed", room: "medium", ...count(({ delayed }) => delayed) },
  { id: "children", head: "For children", room: "wide", ...count((counts) => counts["waiting-children"]) },
  { id: "completed", head: "Completed", room: "medium", ...count(({ completed }) => completed) },
  { id: "failed", head: "Failed", ...count(({ failed }) => failed, "bad-number") },
];

/** The tasks that workers have made known, and how many of their runs stand where. */
export function TasksPage() {
  const client = useClient();
  const [, go] = useLocation();
  const asked = useQuery({
    queryKey: ["tasks"],
    queryFn: ({ signal }) => client.tasks.list({ signal }),
    refetchInterval: listEveryMs,
  });
  const names = asked.data ?? [];
  const described = useQueries({
    queries: names.slice(0, mostCounted).map((name) => ({
      queryKey: ["task", name],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.tasks.describe(name, { signal }),
      refetchInterval: everyMs,
    })),
  });
  const rows = names.map((name, index) => ({ name, described: described[index]?.data }));
  return (
    <div className="page">
      <h1>Tasks</h1>
      <Panel>
        <QueryState of={asked}>
          {() =>
            rows.length === 0 ? (
              <Empty title="No task is known here">
                <p>
                  Workers make their tasks known when they start:{" "}
                  <code>runTasks([sendMail], {"{ redis }"})</code> of <code>@tidegate/tasks</code>.
                </p>
              </Empty>
            ) : (
              <DataTable
                label="Tasks"
                columns={columns}
                rows={rows}
                keyOf={({ name }) => name}
                onOpen={({ name }) => go(`/tasks/${encodeURIComponent(name)}`)}
                sortedBy={{ id: "name", down: false }}
              />
            )
          }
        </QueryState>
      </Panel>
    </div>
  );
}
