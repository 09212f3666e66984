import { useQuery } from "@tanstack/react-query";
import { TidegateError } from "@tidegate/client";
import type { HttpSchedule, TaskSchedule } from "@tidegate/contracts";
import { useState } from "react";
import { Link } from "wouter";
import { useClient } from "../api/client.ts";
import { useAction } from "../api/use-action.ts";
import { spanText } from "../format/durations.ts";
import { Time } from "../format/time.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Foreign } from "../parts/foreign.tsx";
import { Empty, Panel, Pill } from "../parts/panel.tsx";
import { QueryState } from "../parts/query-state.tsx";

/** A schedule of a task, or of calls of an endpoint: then there is no task. */
interface Planned {
  readonly task: string | null;
  readonly schedule: TaskSchedule | HttpSchedule;
}

const everyMs = 10_000;

/** What happens again and again: runs of tasks, and calls of endpoints. */
export function SchedulesPage() {
  const client = useClient();
  const [removing, setRemoving] = useState<Planned | null>(null);
  const asked = useQuery({
    queryKey: ["schedules"],
    queryFn: async ({ signal }): Promise<Planned[]> => {
      const names = await client.tasks.list({ signal });
      const ofTasks = await Promise.all(
        names.map(async (task) => {
          const schedules = await client.tasks.schedules.list(task, { signal }).catch(none);
          return schedules.map((schedule) => ({ task, schedule }));
        }),
      );
      const calls = await client.httpTasks.schedules.list({ signal }).catch(none);
      return [...ofTasks.flat(), ...calls.map((schedule) => ({ task: null, schedule }))];
    },
    refetchInterval: everyMs,
  });
  const verbs = ({ task, schedule: { id } }: Planned) =>
    task === null
      ? {
          pause: () => client.httpTasks.schedules.pause(id),
          resume: () => client.httpTasks.schedules.resume(id),
          remove: () => client.httpTasks.schedules.delete(id),
        }
      : {
          pause: () => client.tasks.schedules.pause(task, id),
          resume: () => client.tasks.schedules.resume(task, id),
          remove: () => client.tasks.schedules.delete(task, id),
        };
  const pause = useAction((planned: Planned) => verbs(planned).pause(), "The schedule is paused");
  const resume = useAction((planned: Planned) => verbs(planned).resume(), "The schedule goes on");
  const remove = useAction((planned: Planned) => verbs(planned).remove(), "The schedule is gone");
  const columns: readonly Column<Planned>[] = [
    {
      id: "name",
      head: "Schedule",
      width: "minmax(0, 1.6fr)",
      cell: ({ schedule }) => (
        <span className="two-lines">
          <span>
            <Foreign text={schedule.id} /> {schedule.paused && <Pill kind="warn">paused</Pill>}
          </span>
          <span className="none only-narrow">
            {schedule.nextRunAt === null ? "not planned" : <Time at={schedule.nextRunAt} />}
          </span>
        </span>
      ),
      sort: ({ schedule }) => schedule.id,
    },
    {
      id: "what",
      head: "Does",
      width: "minmax(0, 1.6fr)",
      room: "medium",
      cell: ({ task, schedule }) =>
        task === null ? (
          <Foreign text={`calls ${(schedule as HttpSchedule).call.url}`} />
        ) : (
          <Link href={`/tasks/${encodeURIComponent(task)}`} tabIndex={-1}>
            {task}
          </Link>
        ),
      sort: ({ task }) => task,
    },
    {
      id: "when",
      head: "When",
      width: "minmax(0, 1.2fr)",
      room: "medium",
      cell: ({ schedule }) => <When schedule={schedule} />,
    },
    {
      id: "next",
      head: "Next",
      width: "8rem",
      align: "end",
      room: "medium",
      cell: ({ schedule }) => <Time at={schedule.nextRunAt} />,
      sort: ({ schedule }) => schedule.nextRunAt,
    },
    {
      id: "acts",
      head: <span className="sr-only">Actions</span>,
      width: "10.5rem",
      align: "end",
      cell: (planned) => (
        <span className="row-actions">
          {planned.schedule.paused ? (
            <ActionButton kind="small" busy={resume.busy} onAct={() => void resume.run(planned)}>
              Resume
            </ActionButton>
          ) : (
            <ActionButton kind="small" busy={pause.busy} onAct={() => void pause.run(planned)}>
              Pause
            </ActionButton>
          )}
          <ActionButton kind="small" onAct={() => setRemoving(planned)}>
            Remove …
          </ActionButton>
        </span>
      ),
    },
  ];
  return (
    <div className="page">
      <h1>Schedules</h1>
      <Panel>
        <QueryState of={asked}>
          {(planned) =>
            planned.length === 0 ? (
              <Empty title="Nothing is planned">
                <p>
                  Plan a task:{" "}
                  <code>client.tasks.schedules.put(sendMail, "nightly", {'{ cron: "0 3 * * *" }'})</code>, or
                  calls of an endpoint: <code>PUT /v1/http-tasks/schedules/nightly</code>.
                </p>
              </Empty>
            ) : (
              <DataTable
                label="Schedules"
                columns={columns}
                rows={planned}
                keyOf={({ task, schedule }) => `${task ?? ""}/${schedule.id}`}
                sortedBy={{ id: "next", down: false }}
              />
            )
          }
        </QueryState>
      </Panel>
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title="Remove the schedule?"
        act="Remove"
        danger
        onConfirm={() => (removing === null ? Promise.resolve(false) : remove.run(removing))}
      >
        <p>
          <b>
            <Foreign text={removing?.schedule.id ?? ""} />
          </b>{" "}
          makes nothing more. What it has made already goes on.
        </p>
      </Confirm>
    </div>
  );
}

function When({ schedule }: { schedule: TaskSchedule | HttpSchedule }) {
  const { cron, timeZone, everyMs: every } = schedule;
  if (cron === null) return <span>every {every === null ? "–" : spanText(every)}</span>;
  return (
    <span>
      <code>{cron}</code> <span className="none">{timeZone ?? "UTC"}</span>
    </span>
  );
}

/** A task that nobody knows any more, or a server that offers none, has no schedules. */
function none(error: unknown): never[] {
  if (error instanceof TidegateError && (error.status === 404 || error.code === "NOT_SUPPORTED")) return [];
  throw error;
}
